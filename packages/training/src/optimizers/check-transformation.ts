import { CascadeError, checkFunction, shown } from '@cascade-diffusion/checks'
import { Tensor } from '@tensorflow/tfjs-core'
import type { GradientTransformation, Update, UpdateInput } from './transformation.ts'

/** @throws unless a custom transformation has a name and a configuration, and its optional members are functions. */
export function checkTransformation(where: string, transformation: GradientTransformation): void {
  const { name, config, init, scalars } = transformation
  if (typeof name !== 'string' || name === '')
    throw new CascadeError('input', `${where}: expected a transformation with a name, got ${shown(transformation)}`)
  const configs: readonly unknown[] = Array.isArray(config) ? config : [config]
  if (!configs.every((each) => typeof (each as { readonly name?: unknown } | undefined)?.name === 'string'))
    throw new CascadeError(
      'input',
      `${where}: '${name}': expected config, a JSON value with a name, which checkpoints record, got ${shown(config)}`,
    )
  if (init !== undefined) checkFunction(`${where}: '${name}'`, 'init', init)
  if (scalars !== undefined) checkFunction(`${where}: '${name}'`, 'scalars', scalars)
}

/** What a transformation makes of a gradient. @throws unless that is an update like the gradient, and a state. */
export function updateOf(transformation: GradientTransformation, gradient: Tensor, input: UpdateInput): Update {
  const made: Partial<Update> | undefined = transformation.update(gradient, input)
  const { update, state } = made ?? {}
  if (update instanceof Tensor && `${update.shape}` === `${gradient.shape}` && typeof state === 'object')
    return { update, state }
  const got = update instanceof Tensor && state ? `an update of shape [${update.shape}]` : shown(made)
  throw new CascadeError(
    'input',
    `optimizer '${transformation.name}': expected update to give { update, state } with an update of the gradient's shape ` +
      `[${gradient.shape}], got ${got}`,
  )
}
