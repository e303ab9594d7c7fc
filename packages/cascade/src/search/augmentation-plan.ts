import { CascadeError, checkInteger, checkOneOf, checkOptions, isCascadeError, shown } from '@cascade-diffusion/checks'
import { type Cascade, checkCascade } from '../cascade/cascade.ts'
import { truncatedStop } from '../sampling/stage/truncated-stop.ts'
import type { SuperResolutionStage } from '../stage/stage.ts'
import { coarseLevels, type LevelsToTry } from './level-grid.ts'
import type { CascadeSearchOptions } from './search-options.ts'

/**
 * The ways of sampling at a level s: the stage below stops at s (`truncated`; paper, Section 3.2), or it ends and is
 * augmented anew (`non-truncated`; Section 3.3).
 */
export type AugmentationWay = 'truncated' | 'non-truncated'

/** How one stage is augmented in a trial. */
export interface AugmentationCandidate {
  /** The stage's name. */
  readonly stage: string
  /** s. */
  readonly level: number
  /** Whether the stage below is truncated. False at level 0, where both ways are equal. */
  readonly truncated: boolean
}

/** Options of `searchAugmentation`. */
export interface SearchAugmentationOptions<E = number> extends CascadeSearchOptions<AugmentationCandidate, E> {
  /** The names of the stages to search; the lowest is searched first. Default: all that are augmented. */
  readonly stages?: readonly string[]
  /**
   * The levels to begin with, for all stages or by the stage's name. Default `{ count: 5 }`: that many over the range of
   * the augmentation.
   */
  readonly levels?: LevelsToTry | Readonly<Record<string, LevelsToTry>>
  /**
   * How many times the levels halfway between the best and its neighbours are tried after that, for each way. Default 2
   * after a `count` of levels, 0 after a list.
   */
  readonly refine?: number
  /**
   * The ways to try, for all stages or by the stage's name. Default: both where the cascade allows a truncated stage,
   * else `non-truncated`. If they are given, what the cascade does not allow is refused.
   */
  readonly ways?: AugmentationWay | 'both' | Readonly<Record<string, AugmentationWay | 'both'>>
}

/** What is tried of one stage. */
export interface StagePlan {
  readonly index: number
  readonly stage: SuperResolutionStage
  readonly levels: readonly number[]
  readonly refine: number
  readonly ways: readonly AugmentationWay[]
  /** Whether a level that the stage below cannot be truncated at is left out; otherwise it is an error. */
  readonly wherePossible: boolean
}

/** The options that say what is tried. */
export type AugmentationChoices = Pick<SearchAugmentationOptions, 'stages' | 'levels' | 'ways'>

/**
 * What `searchAugmentation` tries before it refines: the candidates of each stage in turn.
 * @throws if an option is invalid, or the cascade does not allow what it asks for.
 */
export function augmentationCandidates(cascade: Cascade, choices: AugmentationChoices): AugmentationCandidate[] {
  const where = 'augmentationCandidates'
  checkCascade(where, cascade)
  checkOptions(where, choices, { stages: true, levels: true, ways: true })
  return planAugmentation(where, cascade, choices).flatMap((plan) => coarseCandidates(where, cascade, plan))
}

/** @throws if an option of the search is invalid, or the cascade does not allow what it asks for. */
export function planAugmentation(
  where: string,
  cascade: Cascade,
  { stages: names, refine, ways, levels }: AugmentationChoices & Pick<SearchAugmentationOptions, 'refine'>,
): StagePlan[] {
  const searchable = cascade.stages.flatMap(({ stage }) => (stage.kind === 'super-resolution' ? [stage.name] : []))
  if (names !== undefined && !Array.isArray(names))
    throw new CascadeError('input', `${where}: expected stages, a list of names, got ${shown(names)}`)
  const named = [levels, ways].flatMap((option) => (isByName(option) ? Object.keys(option) : []))
  for (const name of [...(names ?? []), ...named])
    checkOneOf(where, 'a super-resolution stage', name as string, searchable)

  const plans = cascade.stages.flatMap(({ stage }, index): StagePlan[] => {
    if (stage.kind !== 'super-resolution') return []
    const { minLevel = 0, maxLevel } = stage.augmentation
    if (!(names?.includes(stage.name) ?? maxLevel > minLevel)) return []
    const here = `${where}: stage '${stage.name}'`
    const toTry = ofStage(levels, stage.name) ?? { count: 5 }
    const way = ofStage(ways, stage.name)
    if (way !== undefined) checkOneOf(here, 'ways', way, ['truncated', 'non-truncated', 'both'])
    return [
      {
        index,
        stage,
        levels: coarseLevels(here, stage.augmentation, toTry),
        refine: checkInteger(where, 'refine', refine ?? (Array.isArray(toTry) ? 0 : 2), { from: 0 }),
        ways: way === undefined || way === 'both' ? ['non-truncated', 'truncated'] : [way],
        wherePossible: way === undefined,
      },
    ]
  })
  if (plans.length === 0)
    throw new CascadeError('input', `${where}: expected a super-resolution stage whose images are augmented, got none`)
  // What is not possible is refused now.
  for (const plan of plans) coarseCandidates(where, cascade, plan)
  return plans
}

/** The candidates that the search of a stage begins with. */
export const coarseCandidates = (where: string, cascade: Cascade, plan: StagePlan): AugmentationCandidate[] =>
  plan.levels.flatMap((level) => candidatesAt(where, cascade, plan, level))

/**
 * The candidates at a level, one for each way; at level 0 there is one.
 * @throws if the stage below cannot be truncated there, unless such levels are left out.
 */
export function candidatesAt(
  where: string,
  cascade: Cascade,
  plan: StagePlan,
  level: number,
  only = plan.ways,
): AugmentationCandidate[] {
  const flags = new Set(only.map((way) => way === 'truncated' && level > 0))
  return [...flags]
    .filter((truncated) => !truncated || mayTruncate(where, cascade, plan, level))
    .map((truncated) => ({ stage: plan.stage.name, level, truncated }))
}

function mayTruncate(where: string, { stages }: Cascade, { index, stage, wherePossible }: StagePlan, level: number) {
  const below = stages[index - 1]
  try {
    if (!below)
      throw new CascadeError('input', `stage '${stage.name}': expected a stage before it to truncate, got none`)
    truncatedStop(below, stage, level)
    return true
  } catch (error) {
    if (!isCascadeError(error)) throw error
    if (wherePossible) return false
    throw new CascadeError(error.code, `${where}: ${error.message}`, { cause: error })
  }
}

/** Whether an option is a record by the names of stages. */
const isByName = (option: unknown): option is object =>
  typeof option === 'object' &&
  option !== null &&
  !Array.isArray(option) &&
  typeof (option as { readonly count?: unknown }).count !== 'number'

function ofStage<T>(option: T | Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return isByName(option) ? (option as Readonly<Record<string, T>>)[name] : (option as T | undefined)
}
