import { CascadeError, checkInteger, shown } from '@cascade-diffusion/checks'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import { isTensor } from '../checks.ts'
import type { Evaluation, Sampler, SamplerUpdate } from './samplers/sampler.ts'

/** @throws unless it has what every sampler has. What its functions give is checked as they are called. */
export function checkSampler(where: string, sampler: Sampler): void {
  const { name, coefficients, plan, update } = (sampler ?? {}) as Partial<Sampler>
  if (typeof plan !== 'function' || typeof update !== 'function')
    throw new CascadeError('input', `${where}: expected a sampler (ddim(), ancestral(), …), got ${shown(sampler)}`)
  if (typeof name !== 'string')
    throw new CascadeError('input', `${where}: expected a sampler's name, got ${shown(name)}`)
  if (!Array.isArray(coefficients) || !coefficients.every((each) => typeof each === 'string'))
    throw new CascadeError(
      'input',
      `${where}: expected coefficients of the sampler '${name}', a list of names, got ${shown(coefficients)}`,
    )
  checkInteger(where, `history of the sampler '${name}'`, sampler.history ?? 0, { from: 0 })
}

/** The evaluations that a sampler plans. @throws unless each has its noise level and all coefficients. */
export function checkedEvaluations(
  { name, coefficients }: Sampler,
  given: readonly Evaluation<string>[],
): readonly Evaluation<string>[] {
  const where = `sampler '${name}'`
  if (!Array.isArray(given) || given.length === 0)
    throw new CascadeError(
      'input',
      `${where}: expected plan to give a list of at least one evaluation { at, c }, got ${shown(given)}`,
    )
  for (const { at, c } of given as readonly Partial<Evaluation<string>>[]) {
    if (typeof at?.alpha !== 'number' || typeof at.sigma !== 'number')
      throw new CascadeError('input', `${where}: expected plan to give at, a noise level such as now, got ${shown(at)}`)
    const missing = coefficients.find((each) => typeof c?.[each] !== 'number')
    if (missing !== undefined)
      throw new CascadeError(
        'input',
        `${where}: expected plan to give the coefficient '${missing}', a number, got ${shown(c?.[missing])}`,
      )
  }
  return given
}

/** What a sampler's update gives. @throws unless it has images like those that it steps from. */
export function checkedUpdate({ name, history }: Sampler, given: SamplerUpdate, { shape }: Tensor4D): SamplerUpdate {
  const xt: unknown = given?.xt
  const [kept, stored] = [history ?? 0, given?.history?.length ?? 0]
  if (isTensor(xt) && `${xt.shape}` === `${shape}` && kept === stored) return given
  if (kept !== stored && isTensor(xt))
    throw new CascadeError(
      'input',
      `sampler '${name}': expected update to give a history of ${kept} images, as the sampler says, got ${stored}`,
    )
  throw new CascadeError(
    'input',
    `sampler '${name}': expected update to give { xt }, images of shape [${shape}], got ` +
      (isTensor(xt) ? `[${xt.shape}]` : shown(given)),
  )
}
