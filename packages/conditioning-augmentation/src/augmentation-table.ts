import { schema, type Table, table } from '@cascade-diffusion/checks'
import { migrateSchedule } from '@cascade-diffusion/schedules'
import type { ConditioningAugmentation } from './augmentation.ts'
import { checkAugmentation } from './checks/check-augmentation.ts'
import { type ComposeConfig, composeEntry } from './combined/compose.ts'
import { type FixedConfig, fixedEntry } from './combined/fixed.ts'
import type { Nested } from './combined/nested.ts'
import { type WithProbabilityConfig, withProbabilityEntry } from './combined/with-probability.ts'
import { type DownUpConfig, downUpEntry } from './down-up/down-up.ts'
import { type GaussianBlurConfig, gaussianBlurEntry } from './gaussian-blur.ts'
import { type JpegCompressionConfig, jpegEntry } from './jpeg/jpeg-compression.ts'
import { type NoAugmentationConfig, none } from './no-augmentation.ts'
import { type GaussianNoiseConfig, gaussianNoiseEntry } from './noise/gaussian-noise.ts'
import { type LogSnrNoiseConfig, logSnrNoiseEntry } from './noise/log-snr-noise.ts'

/** A conditioning augmentation by its name, as a checkpoint stores it: a JSON value. Some contain others. */
export type AugmentationConfig =
  | GaussianNoiseConfig
  | LogSnrNoiseConfig
  | GaussianBlurConfig
  | JpegCompressionConfig
  | DownUpConfig
  | NoAugmentationConfig
  | ComposeConfig<AugmentationConfig>
  | WithProbabilityConfig<AugmentationConfig>
  | FixedConfig<AugmentationConfig>

const refused = schema.value<never>(
  'a configuration, within another (the functions compose, withProbability and fixed take custom augmentations)',
  () => false,
  { not: {} },
)

const nested: Nested<AugmentationConfig> = {
  schema: schema.either(
    schema.lazy(() => augmentations.schema),
    refused,
    (x) => isCustomAugmentation(x as AugmentationConfig),
  ),
  make: (config) => augmentations.of('augmentation', config),
}

/** The augmentations, by name. Their configurations are those of {@link AugmentationConfig}. */
export const augmentations: Table<AugmentationConfig, ConditioningAugmentation> = table('an augmentation', [
  gaussianNoiseEntry,
  logSnrNoiseEntry,
  gaussianBlurEntry,
  jpegEntry,
  downUpEntry,
  none,
  composeEntry(nested),
  withProbabilityEntry(nested),
  fixedEntry(nested),
])

/** Whether it is a custom augmentation, complete or not, rather than a configuration. */
export const isCustomAugmentation = (
  given: AugmentationConfig | ConditioningAugmentation,
): given is ConditioningAugmentation =>
  typeof given === 'object' && given !== null && ('apply' in given || 'draw' in given)

/**
 * The augmentation of a configuration. A custom one is returned as it is.
 * @param shape [height, width, channels] of the low-resolution images.
 * @throws CascadeError 'input' that lists everything that is wrong with the configuration; and as {@link
 * checkAugmentation}.
 */
export const augmentationOf = (
  given: AugmentationConfig | ConditioningAugmentation,
  shape: readonly number[],
): ConditioningAugmentation =>
  isCustomAugmentation(given) ? checkAugmentation(given, shape) : augmentations.of('augmentation', given)

/** Brings the configuration of an augmentation from a checkpoint before version 0.1 to the present form. Unchecked. */
export const migrateAugmentation = <T extends object>(config: T): T => {
  // It may hold other fields of a process, which do not matter here.
  const { prediction, variance, noiseInput, ...rest } = config as T & Record<string, unknown>
  return migrateSchedule(rest as unknown as T)
}
