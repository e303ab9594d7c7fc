import { checkOptions, type Entry, type Named, schema } from '@cascade-diffusion/checks'
import { type ConditioningAugmentation, checkLevel } from '../augmentation.ts'
import { checkPart, drawnBy, type Nested, noiseOf, under } from './nested.ts'

/** Options of {@link fixed}. */
export interface FixedOptions {
  /** s, in training and in sampling. */
  readonly level: number
  /** Any with this level. */
  readonly augmentation: ConditioningAugmentation
}

/**
 * An augmentation at one level s, in training and in sampling: for a model of a single s (Cascaded Diffusion Models,
 * section 4.3, where s = 101 and s = 1001). The network is not conditioned on it.
 * @throws if the augmentation does not have the level.
 */
export function fixed(options: FixedOptions): ConditioningAugmentation {
  checkOptions('fixed', options, { level: true, augmentation: true })
  const augmentation = checkPart('fixed', 'augmentation', options.augmentation)
  const level = checkLevel(augmentation, options.level, 'fixed')
  return {
    name: 'fixed',
    minLevel: level,
    maxLevel: level,
    continuous: augmentation.continuous,
    noiseLevel: noiseOf(augmentation),
    draw: (options) => under(part, augmentation.draw({ ...options, level })),
    apply: (z, drawn) => augmentation.apply(z, drawnBy(part, drawn)),
  }
}

/** Begins the names of what is drawn. */
const part = 'fixed'

/** {@link fixed} by name: a JSON value. */
export interface FixedConfig<C extends Named> {
  readonly name: 'fixed'
  /** s, in training and in sampling. */
  readonly level: number
  /** Any with this level. */
  readonly augmentation: C
}

/** The entry of the table. */
export const fixedEntry = <C extends Named>(nested: Nested<C>): Entry<FixedConfig<C>, ConditioningAugmentation> => ({
  name: 'fixed',
  schema: schema.record<FixedConfig<C>>({
    name: schema.oneOf(['fixed']),
    level: schema.number({ from: 0 }),
    augmentation: nested.schema,
  }),
  make: ({ level, augmentation }) => fixed({ level, augmentation: nested.make(augmentation) }),
})
