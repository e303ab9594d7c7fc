import type { Stage } from '@cascade-diffusion/cascade'
import { claimFolder } from '@cascade-diffusion/files'
import { rng } from '@cascade-diffusion/random'
import { checkData } from '../data/check-data.ts'
import { loadData } from '../data/data.ts'
import type { ExperimentData, LoadProgress } from '../data/load-context.ts'
import { checkOutside } from '../data/outside-images.ts'
import { checkMemory } from '../defaults/check-memory.ts'
import { machineMemory } from '../defaults/machine-memory.ts'
import { searchedLevels } from '../evaluate/searched-levels.ts'
import { type RunLog, runLog } from '../log/run-log.ts'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { stagesOf } from '../plan/stages.ts'
import type { RunContext } from '../run-context.ts'
import { cascadeOf, withCascade } from '../with-cascade.ts'
import { checkSpace } from './free-space.ts'
import { modelStates } from './open-run.ts'
import type { PlannedRunOptions } from './options.ts'
import { removeLeftovers, removeModels } from './remove-files.ts'
import { runFiles } from './run-files.ts'
import { settleConfig } from './settle-config.ts'

/** A run that this process works on, and no other. */
export interface ActiveRun extends RunContext {
  readonly out: string
  /** The stages of the plan, for the data. */
  readonly stages: readonly Stage[]
  readonly log: RunLog
}

/** The models of a run that are worked on, by name. */
interface WorkedOn {
  /** Those that are to be trained, unless they are. */
  readonly wanted: readonly string[]
  /** Those that start over. */
  readonly restarted: readonly string[]
}

/**
 * Claims the folder of a run, checks everything that can be checked before work is done, and makes the plan that of the
 * run.
 */
export async function withRun<T>(
  options: PlannedRunOptions,
  { wanted, restarted }: WorkedOn,
  use: (run: ActiveRun) => Promise<T>,
): Promise<T> {
  const { plan, out, compile, signal, progress = () => {} } = options
  checkOutside(out, plan.data)
  const giveBack = await claimFolder(out)
  try {
    await removeLeftovers(options)
    const data = await loaded(options)
    checkData(plan, data)
    const states = await modelStates(options)
    const untrained = states.filter(({ name, trained }) => !trained || restarted.includes(name)).map(({ name }) => name)
    const toTrain = untrained.filter((name) => wanted.includes(name))
    checkMemory(plan, data.train, { memoryBytes: machineMemory(), stages: toTrain })
    const stages = stagesOf(plan, data)
    await checkSampling(options, stages)
    if (restarted.length > 0) await removeModels(options, restarted)
    await settleConfig(options)
    const log = runLog({ plan, data, out, compile, signal })
    return await use({ plan, data, out, stages, compile, signal, progress, log })
  } finally {
    await giveBack()
  }
}

/** The images of a run. */
async function loaded({ plan, out, data: given, progress = () => {} }: PlannedRunOptions): Promise<ExperimentData> {
  const options = {
    cacheDir: runFiles(out).cache,
    progress: (loading: LoadProgress) => progress({ type: 'loading', ...loading }),
  }
  const data = given ?? (await loadData(plan.data, options))
  progress({ type: 'loaded', train: data.train.count, test: data.test.count })
  return data
}

/** @throws if the stages could not be sampled or searched as planned, or the disk has no room for them. */
async function checkSampling(options: PlannedRunOptions & { readonly plan: CascadePlan }, stages: readonly Stage[]) {
  const { plan, compile, signal } = options
  const untrained = stages.map((stage) => ({ stage, params: stage.network.init(rng(plan.seed)) }))
  const [, ...upper] = plan.stages
  const greatest = upper.map(({ levels }) => Math.max(...levels))
  await withCascade(cascadeOf(untrained, plan, greatest), { compile, signal }, async () => {})
  searchedLevels(cascadeOf(untrained, plan), plan)
  await checkSpace(options, untrained)
}
