import { CascadeError, shownPair } from '@cascade-diffusion/checks'
import type { CascadePlan, PlannedBase, PlannedSuperResolution } from '../plan/cascade-plan.ts'
import { EVALUATOR } from '../plan/check-plan.ts'
import { type Change, changes } from './changes.ts'
import { plainPlan } from './printed-plan.ts'

/** A field that differs between the plan of a run and another. */
export interface PlanChange extends Change {
  /** Why it is refused or taken, in a few words. */
  readonly why: string
}

/** What differs between the plan of a run and another. */
export interface PlanComparison {
  /** What models that have a checkpoint do not allow. */
  readonly refused: readonly PlanChange[]
  /** What the run takes over. */
  readonly taken: readonly PlanChange[]
}

type Planned = PlannedBase | PlannedSuperResolution

/** A change, and the names of the models that it would make others of. */
interface Judged extends PlanChange {
  readonly concerns: readonly string[]
}

/**
 * Compares the plan that a run was begun with to another.
 * @param saved the plan in the run's config.json.
 * @param now the plan to train, sample or evaluate by.
 * @param trained the names of what has a checkpoint: stages, and `evaluator`.
 */
export function compareWithRun(saved: CascadePlan, now: CascadePlan, trained: readonly string[]): PlanComparison {
  const [before, after] = [plainPlan(saved), plainPlan(now)]
  const all = [...changesOfRun(before, after, trained), ...changesOfStages(before, after)]
  const isRefused = ({ concerns }: Judged) => concerns.some((name) => trained.includes(name))
  const plain = ({ concerns, ...change }: Judged): PlanChange => change
  const untrained = (change: Judged): PlanChange =>
    change.concerns.length > 0
      ? { ...plain(change), why: `${shownNames(change.concerns)} has no checkpoint yet` }
      : plain(change)
  return {
    refused: all.filter(isRefused).map(plain),
    taken: all.filter((change) => !isRefused(change)).map(untrained),
  }
}

/**
 * Refuses a plan that a run cannot take over.
 * @param out the folder of the run.
 * @throws CascadeError 'checkpoint' that lists all that is refused, with both values, and says what to do.
 */
export function checkChanges({ refused }: PlanComparison, out: string): void {
  if (refused.length === 0) return
  const lines = refused.map(
    ({ path, saved, now, why }) => `- expected ${path}, ${inWords(saved)} as before, got ${inWords(now)}: ${why}`,
  )
  throw new CascadeError(
    'checkpoint',
    `${out}: this run was begun with another configuration:\n${lines.join('\n')}\n` +
      'Change it back, train in another folder (--out), or train anew in this one (--restart)',
    { cause: refused },
  )
}

/** What is not of one stage. Every model follows from the seed and the data. */
function changesOfRun(saved: CascadePlan, now: CascadePlan, trained: readonly string[]): Judged[] {
  const judge = (part: Exclude<keyof CascadePlan, 'stages'>, why: string, concerns: readonly string[] = []) =>
    changes(part, saved[part], now[part]).map((change) => ({ ...change, why, concerns }))
  const evaluator = ({ path }: Change) => (path === 'evaluation.samples' ? [] : [EVALUATOR])
  return [
    ...judge('name', 'it names the run only'),
    ...judge('report', 'it is in the report only'),
    ...judge('seed', 'weights, batches and noise follow from it', trained),
    ...judge('data', 'the models are trained on it', trained),
    ...judge('sampling', 'it affects speed and memory only'),
    ...judge('evaluation', 'the evaluator is trained with it').map((change) => ({
      ...change,
      why: change.path === 'evaluation.samples' ? 'it is used after training' : change.why,
      concerns: evaluator(change),
    })),
  ]
}

/** What differs between stages of one place. A stage follows from the resolution of the one below it, too. */
function changesOfStages({ stages: saved }: CascadePlan, { stages: now }: CascadePlan): Judged[] {
  const [before, after] = [saved, now] as readonly (readonly Planned[])[] as [readonly Planned[], readonly Planned[]]
  return Array.from({ length: Math.max(before.length, after.length) }, (_, i): Judged[] => {
    const [old, other, path] = [before[i], after[i], `stages[${i}]`]
    if (old?.name !== other?.name) {
      const why = old ? `'${old.name}' has a checkpoint` : `'${other!.name}' is new`
      return [{ path: `${path}.name`, saved: old?.name, now: other?.name, why, concerns: old ? [old.name] : [] }]
    }
    const above = before[i + 1]?.name
    return changes(path, old, other).map((change) => {
      const field = change.path.slice(path.length + 1)
      const why = whyTaken(field, old!, other!)
      if (why) return { ...change, why, concerns: [] }
      const concerns = field === 'resolution' && above ? [old!.name, above] : [old!.name]
      return { ...change, why: whyRefused(field, concerns), concerns }
    })
  }).flat()
}

/** Why a trained stage takes the change of a field; undefined if it does not. */
function whyTaken(field: string, saved: Planned, now: Planned): string | undefined {
  const [part = '', option = ''] = field.split(/[.[]/)
  if (['sampling', 'levels', 'ways'].includes(part)) return 'it is used after training'
  if (part !== 'training') return undefined
  if (['saveEvery', 'sampleEvery', 'maxNonFinite', 'maxGrowth'].includes(option))
    return 'the weights do not follow from it'
  const isFree = option === 'steps' && !endsWithRun(saved) && !endsWithRun(now)
  return isFree ? 'the learning rate does not depend on it' : undefined
}

const whyRefused = (field: string, names: readonly string[]): string =>
  field === 'training.steps'
    ? `the learning rate of ${shownNames(names)} falls until the last step`
    : `${shownNames(names)} is trained with it`

/** Whether the learning rate follows from the number of steps. */
const endsWithRun = ({ training: { learningRate } }: Planned): boolean =>
  typeof learningRate === 'object' && learningRate.name === 'cosine' && learningRate.steps === undefined

const shownNames = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(' and ')

/** A value as errors show it: short JSON. */
function inWords(value: unknown): string {
  const json = JSON.stringify(value)
  return json === undefined ? 'none' : json.length <= 80 ? json : shownPair(value)
}
