import { CascadeError, checkFunction, checkOptions, parseConfig, shown } from '@cascade-diffusion/checks'
import { combinations, type ParameterRange } from '@cascade-diffusion/schedules'
import { configured, type StageSampling, samplingChoicesSchema } from '../cascade/stage-sampling.ts'
import type { SamplingChoices } from '../sampling/stage/stage-sampler-options.ts'

/** Options of sampling to try: each list has the values of one option, and every combination is tried. */
export type SamplingGrid = { readonly [K in keyof StageSampling]?: readonly StageSampling[K][] }

/** Options of sampling as a function of a few numbers, such as the first and the last β, which `fitSchedule` chooses. */
export interface FittedSampling {
  /** The range of each number. */
  readonly ranges: Readonly<Record<string, ParameterRange>>
  /** The options for given numbers. */
  sampling(parameters: Readonly<Record<string, number>>): Partial<StageSampling>
  /** The number of trials, at most. Default 50. */
  readonly trials?: number
  /** As of `fitSchedule`. Default 0.01. */
  readonly tolerance?: number
}

/** What a search tries in place of options of a stage's sampling. */
export type SamplingCandidates = readonly Partial<StageSampling>[] | SamplingGrid | FittedSampling

/**
 * The samplings of a list or a grid, completed by the options of the stage; undefined if they are fitted.
 * @throws if there are none, or one is invalid.
 */
export function listedSamplings(
  where: string,
  candidates: SamplingCandidates,
  ofStage: SamplingChoices,
): readonly SamplingChoices[] | undefined {
  if (typeof candidates !== 'object' || candidates === null)
    throw new CascadeError(
      'input',
      `${where}: expected candidates, a list, a grid such as { steps: [4, 8] }, or { ranges, sampling }, got ` +
        shown(candidates),
    )
  if (isFitted(candidates)) {
    checkOptions(`${where}: candidates`, candidates, { ranges: true, sampling: true, trials: true, tolerance: true })
    checkFunction(where, 'sampling', candidates.sampling, 'of parameters')
    return undefined
  }
  if (Array.isArray(candidates) && candidates.length === 0)
    throw new CascadeError('input', `${where}: expected at least one candidate, got none`)
  const listed = Array.isArray(candidates)
    ? (candidates as readonly Partial<StageSampling>[])
    : (combinations(where, candidates as Record<string, readonly unknown[]>) as Partial<StageSampling>[])
  return listed.map((changes, i) => completedSampling(`${where}: candidate ${i + 1}`, changes, ofStage))
}

/** The sampling of a stage with some options changed, to configurations. @throws if it is invalid. */
export function completedSampling(
  where: string,
  changes: Partial<StageSampling>,
  ofStage: SamplingChoices,
): SamplingChoices {
  if (typeof changes !== 'object' || changes === null)
    throw new CascadeError(
      'input',
      `${where}: expected options of sampling, such as { steps: 8 }, got ${shown(changes)}`,
    )
  // Values could not be told from one another.
  const configs = configured(where, changes, 'a search can compare')
  return parseConfig(where, samplingChoicesSchema, { ...ofStage, ...configs })
}

/** Whether the candidates are to be fitted. */
export const isFitted = (candidates: SamplingCandidates): candidates is FittedSampling => 'ranges' in candidates
