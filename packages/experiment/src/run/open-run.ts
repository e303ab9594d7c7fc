import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { checkpointProgress } from '@cascade-diffusion/training'
import { customValue } from '../config/printed-plan.ts'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { EVALUATOR } from '../plan/check-plan.ts'
import { checkpointPath, modelsOf, type PlaceOfRun, runFiles } from './run-files.ts'

/** A model of a run. */
export interface ModelState {
  /** The stage's name, or `evaluator`. */
  readonly name: string
  /** Steps done, of `steps`; 0 if it has no checkpoint. */
  readonly step: number
  readonly steps: number
  /** Whether all steps are done. */
  readonly trained: boolean
  /** The file of its checkpoint, if there is one. */
  readonly path: string | undefined
  /** The loss of each step done; NaN where the step was not taken. */
  readonly losses: Float32Array
}

/** What is in the folder of a run. */
export interface RunState {
  readonly out: string
  /** The plan of the run. A custom value, such as a network, is there by its data only. */
  readonly plan: CascadePlan
  readonly evaluator: ModelState
  /** The stages, in the order of the plan. */
  readonly stages: readonly ModelState[]
  /** The folder of the cascade, if all stages are trained. */
  readonly cascade: string | undefined
  /** The report, if there is one. */
  readonly report: string | undefined
}

/**
 * What is in the folder of a run: its plan, and how far its models are trained. Nothing is loaded, and nothing changed:
 * another process may be training there.
 * @throws of code `input` if there is no run in the folder; of code `checkpoint` if a file in it is damaged.
 */
export async function openRun(out: string): Promise<RunState> {
  if (typeof out !== 'string' || out === '')
    throw new CascadeError('input', `openRun: expected the path of a run's folder, got ${shown(out)}`)
  const plan = await savedPlan(out)
  if (!plan)
    throw new CascadeError(
      'input',
      `openRun: expected the folder of a run, with config.json in it, got ${existsSync(out) ? `${out} without it` : `${out}, which does not exist`}`,
    )
  const [evaluator, ...stages] = await modelStates({ out, plan })
  const { cascade, report } = runFiles(out)
  return {
    out,
    plan,
    evaluator: evaluator!,
    stages,
    cascade: existsSync(cascade) ? cascade : undefined,
    report: existsSync(report) ? report : undefined,
  }
}

/** The plan of a run. @throws if there is none, or if it has custom values, which config.json cannot hold. */
export async function wholePlan(where: string, out: string): Promise<CascadePlan> {
  const plan = await savedPlan(out)
  if (!plan)
    throw new CascadeError('input', `${where}: expected the folder of a run, with config.json in it, got ${out}`)
  const custom = customValue(plan)
  if (custom !== undefined)
    throw new CascadeError(
      'input',
      `${where}: expected the plan as an option, since that of ${out} has a custom value that config.json cannot hold, ${custom}`,
    )
  return plan
}

/** The plan of a run as its config.json has it; undefined if there is none. */
export async function savedPlan(out: string): Promise<CascadePlan | undefined> {
  const path = runFiles(out).config
  if (!existsSync(path)) return undefined
  try {
    const plan = JSON.parse(await readFile(path, 'utf8')) as CascadePlan
    if (!Array.isArray(plan?.stages)) throw new Error('it has no stages')
    return plan
  } catch (cause) {
    throw new CascadeError('checkpoint', `${path}: expected the plan of a run as JSON: ${(cause as Error).message}`, {
      cause,
    })
  }
}

/** How far the models of a run are trained: the evaluator, and the stages in order. */
export const modelStates = (place: PlaceOfRun & { readonly plan: CascadePlan }): Promise<ModelState[]> =>
  Promise.all(modelsOf(place.plan).map((model) => modelState(place, model)))

async function modelState(place: PlaceOfRun & { readonly plan: CascadePlan }, name: string): Promise<ModelState> {
  const { stages, evaluation } = place.plan
  const { steps } = (name === EVALUATOR ? evaluation : stages.find((stage) => stage.name === name)!).training
  const found = await checkpointProgress(checkpointPath(place, name))
  const step = found?.step ?? 0
  return {
    name,
    step,
    steps,
    trained: found !== undefined && step >= steps,
    path: found?.path,
    losses: found?.losses ?? new Float32Array(),
  }
}
