import { concatenate, int32, take } from '@cascade-diffusion/arrays'
import { CascadeError, checkNumber, checkOptions, type Entry, type Named, schema } from '@cascade-diffusion/checks'
import { greater, reshape, type Tensor, type Tensor4D, where } from '@tensorflow/tfjs-core'
import { type ConditioningAugmentation, defaultLevel } from '../augmentation.ts'
import { checkPart, drawnBy, embedsLevel, type Nested, noiseOf, under } from './nested.ts'

/** Options of {@link withProbability}. */
export interface WithProbabilityOptions {
  /** The share of the training images that are augmented, 0 to 1. */
  readonly probability: number
  /** What augments them. */
  readonly augmentation: ConditioningAugmentation
}

/**
 * An augmentation of a random share of the training images. The others stay as they are; if the network is conditioned
 * on the level, on level 0. In sampling all images are augmented to the level that is chosen.
 * @throws unless the probability is in [0, 1]; or if the network is conditioned on a level that is never 0.
 */
export function withProbability(options: WithProbabilityOptions): ConditioningAugmentation {
  const caller = 'withProbability'
  checkOptions(caller, options, { probability: true, augmentation: true })
  const augmentation = checkPart(caller, 'augmentation', options.augmentation)
  const probability = checkNumber(caller, 'probability', options.probability, { from: 0, to: 1 })
  const { name, minLevel, maxLevel, continuous } = augmentation
  if (defaultLevel(augmentation) > 0 && embedsLevel(augmentation))
    throw new CascadeError(
      'input',
      `${caller}: expected an augmentation with level 0, on which the network is conditioned where images stay as they ` +
        `are, got '${name}' with levels from ${minLevel}`,
    )
  return {
    name: 'with-probability',
    minLevel,
    maxLevel,
    continuous,
    noiseLevel: noiseOf(augmentation),
    draw({ shape: [n = 0, ...image], rng, level: s, firstIndex }) {
      const key = rng.fold('augmentation')
      const coins = key.fold('chosen').uniform([n], firstIndex).data
      const chosen = Array.from(coins, (coin) => s !== undefined || coin < probability)
      const draw = (n: number, level?: number) =>
        augmentation.draw({ shape: [n, ...image], rng: key.fold(part), level, firstIndex })
      const { level, ...others } = draw(n, s)
      // Row n is that of an image that stays as it is.
      const levels = level && chosen.includes(false) ? concatenate([level, draw(1, 0).level!]) : level
      return {
        level:
          levels &&
          take(
            levels,
            chosen.map((augmented, i) => (augmented ? i : n)),
          ),
        chosen: int32(chosen.map(Number)),
        ...under(part, others),
      }
    },
    apply(z, { level, chosen, ...others }) {
      const augmented = augmentation.apply(z, { ...drawnBy(part, others), level })
      return where(greater(reshape(chosen as Tensor, [-1, 1, 1, 1]), 0), augmented, z) as Tensor4D
    },
  }
}

/** Begins the names of what is drawn. */
const part = 'part'

/** {@link withProbability} by name: a JSON value. */
export interface WithProbabilityConfig<C extends Named> {
  readonly name: 'with-probability'
  /** The share of the training images that are augmented, 0 to 1. */
  readonly probability: number
  /** What augments them. */
  readonly augmentation: C
}

/** The entry of the table. */
export const withProbabilityEntry = <C extends Named>(
  nested: Nested<C>,
): Entry<WithProbabilityConfig<C>, ConditioningAugmentation> => ({
  name: 'with-probability',
  schema: schema.record<WithProbabilityConfig<C>>({
    name: schema.oneOf(['with-probability']),
    probability: schema.number({ from: 0, to: 1 }),
    augmentation: nested.schema,
  }),
  make: ({ probability, augmentation }) => withProbability({ probability, augmentation: nested.make(augmentation) }),
})
