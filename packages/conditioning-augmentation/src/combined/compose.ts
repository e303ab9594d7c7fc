import { CascadeError, checkOptions, type Entry, type Named, schema, shown } from '@cascade-diffusion/checks'
import { type ConditioningAugmentation, defaultLevel } from '../augmentation.ts'
import { checkPart, drawnBy, embedsLevel, type Nested, noiseOf, under } from './nested.ts'

/** Options of {@link compose}. */
export interface ComposeOptions {
  /** The augmentations in the order in which they are applied, at least one. */
  readonly augmentations: readonly ConditioningAugmentation[]
}

/**
 * Several augmentations, one after the other. Each draws its own random numbers.
 *
 * The level s of the whole is the level of one of them: the one that the network is conditioned on; else the one whose
 * noise is that of a forward process; else the only one that has levels above 0. In sampling the others are at their
 * level 0, which leaves images as they are. If it is none of them, because several have levels, all are at level 0.
 *
 * To see what the network is conditioned on, it draws for one image of 64×64×3.
 * @throws if the network is conditioned on the levels of two, or if one of the others has no level 0.
 */
export function compose(options: ComposeOptions): ConditioningAugmentation {
  checkOptions(where, options, { augmentations: true })
  const { augmentations } = options
  if (!Array.isArray(augmentations) || augmentations.length === 0)
    throw new CascadeError(
      'input',
      `${where}: expected a list of augmentations, at least one, got ${shown(augmentations)}`,
    )
  const parts = augmentations.map((part: ConditioningAugmentation, i) => checkPart(where, `augmentations[${i}]`, part))
  const leading = leadingPart(parts)
  parts.forEach((part, i) => {
    if (part !== leading && defaultLevel(part) > 0)
      throw new CascadeError(
        'input',
        `${where}: expected augmentations[${i}], '${part.name}', to have level 0 in sampling, since s is ` +
          `${leading ? `the level of '${leading.name}'` : 'the level of none'}, got levels from ${defaultLevel(part)}`,
      )
  })
  return {
    name: 'compose',
    minLevel: leading?.minLevel,
    maxLevel: leading?.maxLevel ?? 0,
    continuous: leading?.continuous,
    noiseLevel: leading && noiseOf(leading),
    draw({ shape, rng, level: s, firstIndex }) {
      const key = rng.fold('augmentation')
      const draws = parts.map((part, i) => {
        const level = s !== undefined && part !== leading ? 0 : s
        return part.draw({ shape, rng: key.fold(i), level, firstIndex })
      })
      const named = draws.map(({ level, ...others }, i) => under(i, others))
      return Object.assign({ level: draws.find((drawn) => drawn.level)?.level }, ...named)
    },
    apply: (z, drawn) =>
      parts.reduce((image, part, i) => {
        const own = drawnBy(i, drawn)
        return part.apply(image, part === leading ? { ...own, level: drawn.level } : own)
      }, z),
  }
}

const where = 'compose'

/** The part whose level is that of the whole. @throws if the network is conditioned on the levels of two. */
function leadingPart(parts: readonly ConditioningAugmentation[]): ConditioningAugmentation | undefined {
  const embedded = parts.filter(embedsLevel)
  if (embedded.length > 1)
    throw new CascadeError(
      'input',
      `${where}: expected a network conditioned on the level of one augmentation at most, got ` +
        `${embedded.map(({ name }) => `'${name}'`).join(' and ')}; fixed(…) takes a level that it is not conditioned on`,
    )
  const candidates = [embedded, parts.filter(noiseOf), parts.filter(({ maxLevel }) => maxLevel > 0)]
  return candidates.find((some) => some.length === 1)?.[0]
}

/** {@link compose} by name: a JSON value. */
export interface ComposeConfig<C extends Named> {
  readonly name: 'compose'
  /** The augmentations in the order in which they are applied, at least one. */
  readonly augmentations: readonly C[]
}

/** The entry of the table. */
export const composeEntry = <C extends Named>(
  nested: Nested<C>,
): Entry<ComposeConfig<C>, ConditioningAugmentation> => ({
  name: 'compose',
  schema: schema.record<ComposeConfig<C>>({
    name: schema.oneOf(['compose']),
    augmentations: schema.list(nested.schema, 1),
  }),
  make: ({ augmentations }) => compose({ augmentations: augmentations.map(nested.make) }),
})
