import {
  type AugmentationCandidate,
  type AugmentationChoices,
  augmentationCandidates,
  type Cascade,
} from '@cascade-diffusion/cascade'
import type { CascadePlan } from '../plan/cascade-plan.ts'

/** What is searched of a cascade. */
export interface SearchedLevels {
  /** As `searchAugmentation` takes them; undefined if there is no super-resolution stage. */
  readonly choices: AugmentationChoices | undefined
  readonly candidates: readonly AugmentationCandidate[]
}

/**
 * What a plan searches: the stages that leave a choice, and the last one.
 * @throws if the stages do not allow it.
 */
export function searchedLevels(cascade: Cascade, { stages: [, ...upper] }: CascadePlan): SearchedLevels {
  if (upper.length === 0) return { choices: undefined, candidates: [] }
  const levels = Object.fromEntries(upper.map(({ name, levels }) => [name, levels]))
  const ways = Object.fromEntries(upper.flatMap(({ name, ways }) => (ways ? [[name, ways]] : [])))
  const stages = upper.map(({ name }) => name)
  const all = augmentationCandidates(cascade, { stages, levels, ways })
  const isSearched = (name: string) => name === stages.at(-1) || all.filter(({ stage }) => stage === name).length > 1
  return {
    choices: { stages: stages.filter(isSearched), levels, ways },
    candidates: all.filter(({ stage }) => isSearched(stage)),
  }
}

/** The number of runs of stages that the search takes, in total. */
export function stageRuns({ stages }: Cascade, candidates: readonly AugmentationCandidate[]): number {
  const indexOf = (name: string) => stages.findIndex(({ stage }) => stage.name === name)
  const [first] = candidates
  if (!first) return stages.length
  // The last search left the images of what the cascade says of the later stages.
  const isDone = ({ stage, level, truncated }: AugmentationCandidate) => {
    const present = stages[indexOf(stage)]!
    return stage !== first.stage && present.level === level && present.truncated === truncated
  }
  const runs = candidates
    .filter((candidate) => !isDone(candidate))
    .map(({ stage, truncated }) => Number(truncated) + stages.length - indexOf(stage))
  const finished = candidates.some(({ stage, truncated }) => stage === first.stage && !truncated)
  return runs.reduce((sum, n) => sum + n, indexOf(first.stage) - (finished ? 0 : 1))
}
