import { isNDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkInteger, checkOptions, nearest, shown } from '@cascade-diffusion/checks'
import { checkLevel, defaultLevel } from '@cascade-diffusion/conditioning-augmentation'
import type { ImageSize } from '@cascade-diffusion/data'
import type { NoiseLevel } from '@cascade-diffusion/diffusion'
import type { CascadeStage } from '../../cascade/cascade.ts'
import type { AnyStage } from '../../cascade/check-chain.ts'
import { checkPlaces } from '../../kinds/images-stage.ts'
import type { SuperResolutionStage } from '../../stage/stage.ts'
import { type LowerStage, truncatedStop } from '../stage/truncated-stop.ts'
import { type LabelsBetween, labelling } from './labels.ts'
import { type CascadeSampleOptions, checkCascadeOptions, type StageLevel } from './options.ts'
import { sizesFrom, stageFor } from './sizes.ts'

/** A stage of a run. */
export interface RunStage {
  /** Its index in the cascade. */
  readonly index: number
  /** The size of its images. */
  readonly size: ImageSize
  /** s, of a super-resolution stage. */
  readonly level?: number
  /** Whether it takes images that are augmented already. */
  readonly augmented?: boolean
  /** The noise level to stop at, of a stage that the next one truncates. */
  readonly stop?: NoiseLevel
}

/** A run as its options say, checked against every stage. */
export interface CascadeRun {
  readonly count: number
  readonly labels: LabelsBetween
  readonly stages: readonly RunStage[]
}

/**
 * @param source the name of the source that `lowRes` is of, for errors.
 * @throws if the options do not fit the stages: before any call of a network.
 */
export function cascadeRun(
  stages: readonly CascadeStage[],
  options: CascadeSampleOptions,
  source?: string,
): CascadeRun {
  checkCascadeOptions(options)
  const { lowRes, firstIndex = 0 } = options
  const all = stages.map(({ stage }) => stage)
  const first =
    options.from !== undefined ? indexOf(all, 'from', options.from) : lowRes ? stageFor(all, lowRes, source) : 0
  const last = options.to === undefined ? all.length - 1 : indexOf(all, 'to', options.to)
  const start = all[first] as AnyStage
  if (last < first)
    throw new CascadeError(
      'input',
      `cascade: expected to, a stage from '${start.name}' on, got '${options.to}', which comes before it`,
    )
  // What is no array is refused below.
  const given = isNDArray(lowRes) ? lowRes.shape[0] : 1
  const count = options.count ?? checkInteger('cascade', 'a number of images in lowRes', given, { from: 1 })
  const levels = levelsOf(stages, options.levels)
  const sizes = sizesFrom(all, [first, last], count, options, source)
  checkInteger('cascade', 'firstIndex', firstIndex, {
    from: 0,
    to: lastPlace(all.slice(first, last + 1), sizes) - count,
  })
  if (start.kind === 'images') checkPlaces(start, firstIndex, count)
  if (options.augmented && !levels[first])
    throw new CascadeError('input', `stage '${start.name}': expected no augmented images, since it augments none`)
  const isTruncated = (i: number) => i > first && i <= last && levels[i]?.truncated === true
  if (levels[first]?.given && lowRes && !options.augmented)
    throw new CascadeError(
      'input',
      `stage '${start.name}': expected non-truncated sampling of the images lowRes, or augmented: true if they are ` +
        'its z_s, got truncated',
    )
  return {
    count,
    labels: labelsOfRun(all, [first, last], count, options),
    stages: sizes.map((size, k) => {
      const index = first + k
      const upper = levels[index + 1]
      return {
        index,
        size,
        level: levels[index]?.level,
        augmented: levels[index] && (isTruncated(index) || (k === 0 && options.augmented === true)),
        stop:
          upper && isTruncated(index + 1)
            ? truncatedStop(stages[index] as LowerStage, all[index + 1] as SuperResolutionStage, upper.level)
            : undefined,
      }
    }),
  }
}

/** Every number of the noise has a place of its own below 2^53. */
const lastPlace = (stages: readonly AnyStage[], sizes: readonly ImageSize[]): number =>
  Math.min(
    ...sizes.map(([height, width], i) =>
      Math.floor(Number.MAX_SAFE_INTEGER / (height * width * (stages[i] as AnyStage).imageChannels)),
    ),
  )

function labelsOfRun(
  stages: readonly AnyStage[],
  [first, last]: readonly [number, number],
  count: number,
  options: CascadeSampleOptions,
): LabelsBetween {
  const given = options.labels ?? options.label
  const start = stages[first] as AnyStage
  if (start.kind === 'images' && typeof start.images !== 'function' && start.classNames) {
    if (given === undefined) return () => undefined
    throw new CascadeError(
      'input',
      `stage '${start.name}': expected no labels, since the images of '${start.images.name}' have their own, ` +
        `got ${shown(given)}`,
    )
  }
  const isConditional = ({ classNames }: AnyStage) => classNames !== undefined
  const sampled = stages.slice(first, last + 1).filter(isConditional)
  // Labels of a conditional cascade may be given although the stages sampled need none.
  const conditioned = sampled.length === 0 && given !== undefined ? stages.filter(isConditional) : sampled
  return labelling(
    conditioned.map(({ name, classNames, ...stage }) => {
      return { name, classNames, labelDropout: 'labelDropout' in stage ? stage.labelDropout : 0 }
    }),
    count,
    options,
  )
}

function indexOf(stages: readonly AnyStage[], option: string, name: unknown): number {
  const names = stages.map((stage) => stage.name)
  const index = names.indexOf(name as string)
  if (index >= 0) return index
  const close = typeof name === 'string' ? nearest(name, names) : undefined
  throw new CascadeError(
    'input',
    `cascade: expected ${option}, one of the stages ${names.join(', ')}, got ${shown(name)}` +
      (close ? `. Did you mean '${close}'?` : ''),
  )
}

/** How a super-resolution stage is augmented, in full. */
export interface ChosenLevel {
  readonly level: number
  readonly truncated: boolean
  /** Whether the options say that it is truncated, rather than the cascade. */
  readonly given: boolean
}

/** For each stage of the cascade; undefined for those that are not augmented. */
export function levelsOf(
  stages: readonly CascadeStage[],
  given: CascadeSampleOptions['levels'],
): readonly (ChosenLevel | undefined)[] {
  const augmented = stages.filter(({ stage }) => stage.kind === 'super-resolution')
  const byName = given === undefined ? {} : isList(given) ? fromList(augmented, given) : given
  if (typeof byName !== 'object' || byName === null || isList(byName) || byName instanceof Map)
    throw new CascadeError(
      'input',
      `cascade: expected levels, a list of ${augmented.length} or by name, for the super-resolution stages ` +
        `${namesOf(augmented)}, got ${shown(given)}`,
    )
  const names = augmented.map(({ stage }) => stage.name)
  const missing = isList(given) ? names.find((name) => byName[name] === undefined) : undefined
  if (missing !== undefined)
    throw new CascadeError(
      'input',
      `cascade: expected a level for each super-resolution stage, got none for '${missing}'`,
    )
  const other = Object.keys(byName).find((name) => !names.includes(name))
  if (other !== undefined)
    throw new CascadeError(
      'input',
      `cascade: expected levels of the super-resolution stages ${namesOf(augmented)}, got one of '${other}'`,
    )
  return stages.map(({ stage, ...chosen }) =>
    stage.kind === 'super-resolution' ? chosenLevel(stage, chosen, byName[stage.name]) : undefined,
  )
}

const namesOf = (stages: readonly CascadeStage[]): string =>
  stages.map(({ stage }) => stage.name).join(', ') || '(there are none)'

const isList = (levels: unknown): levels is readonly StageLevel[] => Array.isArray(levels)

/** By name; a list of another length stays a list. */
const fromList = (stages: readonly CascadeStage[], levels: readonly StageLevel[]) =>
  levels.length === stages.length
    ? Object.fromEntries(stages.map(({ stage }, i) => [stage.name, levels[i] as StageLevel]))
    : levels

function chosenLevel(
  { name, augmentation }: SuperResolutionStage,
  chosen: Omit<CascadeStage, 'stage'>,
  given: StageLevel | undefined,
): ChosenLevel {
  const where = `stage '${name}'`
  if (typeof given === 'object' && given !== null)
    checkOptions(`${where}: its level`, given, { level: true, truncated: true })
  const { level = chosen.level ?? defaultLevel(augmentation), truncated } =
    typeof given === 'object' && given !== null ? given : { level: given }
  if (truncated !== undefined && typeof truncated !== 'boolean')
    throw new CascadeError('input', `${where}: expected truncated, true or false, got ${shown(truncated)}`)
  return {
    level: checkLevel(augmentation, level, where),
    truncated: truncated ?? chosen.truncated ?? false,
    given: truncated ?? false,
  }
}
