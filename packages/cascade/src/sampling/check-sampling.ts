import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOneOf,
  checkOptions,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import { type DiffusionProcess, isDiscrete, type Schedule, spacedSteps } from '@cascade-diffusion/diffusion'
import type { Rng } from '@cascade-diffusion/random'
import type { TrainedStage } from '../stage/load-stage.ts'
import type { ClassifierGuidance, GuidanceConfig, StageSampleOptions, StageSamplerOptions } from './stage-sampler.ts'

const samplerKeys: KnownKeys<StageSamplerOptions> = {
  sampler: true,
  schedule: true,
  spacing: true,
  steps: true,
  restarts: true,
  guidance: true,
  processX0: true,
  compile: true,
}
const guidanceKeys: KnownKeys<GuidanceConfig> = { scale: true, interval: true }
const classifierKeys: KnownKeys<ClassifierGuidance> = { classifier: true, scale: true }
const sampleKeys: KnownKeys<StageSampleOptions> = {
  count: true,
  labels: true,
  lowRes: true,
  level: true,
  rng: true,
  firstIndex: true,
  signal: true,
}

/** @throws unless it is a stage with its weights, as `loadStage` gives it. */
export function checkTrained(where: string, trained: TrainedStage): void {
  const { stage, params } = (trained ?? {}) as Partial<TrainedStage>
  if (typeof stage?.network?.apply !== 'function' || typeof params !== 'object' || params === null)
    throw new CascadeError(
      'input',
      `${where}: expected a trained stage, as loadStage gives it, or { stage, params: ema } of a trainStage, got ${shown(trained)}`,
    )
}

/** @throws if an option of a sampler is missing, unknown or of another kind: before anything is compiled. */
export function checkSamplerOptions({ stage: { name } }: TrainedStage, options: StageSamplerOptions): void {
  const where = `stage '${name}'`
  checkOptions(where, options, samplerKeys)
  const { sampler, schedule, restarts, guidance, processX0, compile } = options
  if (typeof sampler?.plan !== 'function') {
    const called = typeof sampler === 'function' ? ', which has to be called' : ''
    throw new CascadeError(
      'input',
      `${where}: expected a sampler, what ddim(), ancestral() and such give, got ${shown(sampler)}${called}`,
    )
  }
  checkFunction(where, 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  if (processX0 !== undefined) checkFunction(where, 'processX0', processX0, 'clipX0, dynamicThreshold()')
  if (schedule !== undefined && (typeof schedule !== 'object' || schedule === null))
    throw new CascadeError(
      'input',
      `${where}: expected a schedule such as { schedule: 'linear', steps: 100 }, or one of schedules, got ${shown(schedule)}`,
    )
  if (restarts !== undefined && !Array.isArray(restarts))
    throw new CascadeError(
      'input',
      `${where}: expected restarts, a list such as [{ at: -1, to: 10 }], got ${shown(restarts)}`,
    )
  if (guidance === undefined) return
  if (typeof guidance === 'object' && guidance !== null && 'classifier' in guidance)
    checkOptions(`${where}: guidance`, guidance, classifierKeys)
  else checkOptions(`${where}: guidance`, guidance, guidanceKeys)
  if (!Number.isFinite(guidance.scale))
    throw new CascadeError('input', `${where}: expected a finite scale of guidance, got ${shown(guidance.scale)}`)
}

/** @throws if an option of a run is unknown, or the count or the key is not one. */
export function checkSampleOptions({ stage: { name } }: TrainedStage, options: StageSampleOptions): void {
  const where = `stage '${name}'`
  checkOptions(where, options, sampleKeys)
  checkInteger(where, 'a count', options.count, { from: 1 })
  checkRng(where, options.rng)
}

/** @throws unless it is a key. */
export function checkRng(where: string, rng: Rng): void {
  if (typeof rng?.fold !== 'function')
    throw new CascadeError(
      'input',
      `${where}: expected rng, a key such as rng(0) of @cascade-diffusion/random gives, got ${shown(rng)}`,
    )
}

/**
 * The steps at which the network is evaluated: those given, or so many, evenly spaced.
 * @throws if a count is given in continuous time, or there are not so many steps.
 */
export function sampledSteps(
  name: string,
  process: DiffusionProcess<Schedule>,
  steps: StageSamplerOptions['steps'],
): readonly number[] | undefined {
  if (steps === undefined) return undefined
  if (typeof steps === 'number') {
    if (!isDiscrete(process.schedule))
      throw new CascadeError(
        'input',
        `stage '${name}': expected a list of times as steps in continuous time, such as spacedSteps of diffusion gives, got ${steps}`,
      )
    return spacedSteps(
      process,
      checkInteger(`stage '${name}'`, 'steps', steps, { from: 1, to: process.schedule.betas.length }),
    )
  }
  if (!Array.isArray(steps) && !ArrayBuffer.isView(steps))
    throw new CascadeError('input', `stage '${name}': expected steps, a list or how many, got ${shown(steps)}`)
  return Array.from(steps as readonly number[])
}

/** The norm of an error. @throws on another. */
export const checkNorm = (where: string, norm: unknown): 'l1' | 'l2' => checkOneOf(where, 'a norm', norm, ['l1', 'l2'])
