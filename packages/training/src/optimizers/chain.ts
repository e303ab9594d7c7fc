import { CascadeError } from '@cascade-diffusion/checks'
import type { Scalar } from '@tensorflow/tfjs-core'
import { updateOf } from './check-transformation.ts'
import type { GradientTransformation, Update } from './transformation.ts'

/**
 * Transformations one after another, as one: each gets what the one before made of the gradient. Their slots are its
 * slots, its configuration is the list of theirs.
 * @throws when it begins if two parts have slots of the same name; in an update if a part gives something else.
 */
export function chain(...parts: readonly GradientTransformation[]): GradientTransformation {
  return {
    name: parts.map(({ name }) => name).join(', '),
    config: parts.flatMap(({ config }) => config),
    elementwise: parts.every(({ elementwise }) => elementwise),
    init(param) {
      const slots = parts.flatMap((part) => Object.entries(part.init?.(param) ?? {}))
      const names = slots.map(([slot]) => slot)
      const twice = names.find((slot, i) => names.indexOf(slot) < i)
      if (twice !== undefined)
        throw new CascadeError('input', `chain: expected slots of different names, got '${twice}' twice`)
      return Object.fromEntries(slots)
    },
    scalars(context) {
      const numbers = parts.map((part, i) => prefixed(part.scalars?.(context) ?? {}, i))
      return Object.assign({}, ...numbers)
    },
    update(update, { param, state, scalars }) {
      let next: Update = { update, state: {} }
      for (const [i, part] of parts.entries()) {
        const made = updateOf(part, next.update, { param, state, scalars: ofPart(scalars, i) })
        next = { update: made.update, state: { ...next.state, ...made.state } }
      }
      return next
    },
  }
}

const prefixed = (scalars: Readonly<Record<string, number>>, part: number) =>
  Object.fromEntries(Object.entries(scalars).map(([name, value]) => [`${part}.${name}`, value]))

const ofPart = (scalars: Readonly<Record<string, Scalar>>, part: number) =>
  Object.fromEntries(
    Object.entries(scalars).flatMap(([name, value]) =>
      name.startsWith(`${part}.`) ? [[name.slice(`${part}.`.length), value]] : [],
    ),
  )
