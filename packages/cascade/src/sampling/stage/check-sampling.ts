import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOptions,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { TrainedStage } from '../../stage/described-stage.ts'
import type { StageSampleOptions, StageSamplerOptions } from './stage-sampler-options.ts'

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
const sampleKeys: KnownKeys<StageSampleOptions> = {
  count: true,
  labels: true,
  lowRes: true,
  level: true,
  augmented: true,
  stop: true,
  rng: true,
  firstIndex: true,
  progress: true,
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

/** @throws if an option of a sampler is missing, unknown or of the wrong type: before anything is compiled. */
export function checkSamplerOptions({ stage: { name } }: TrainedStage, options: StageSamplerOptions): void {
  const where = `stage '${name}'`
  checkOptions(where, options, samplerKeys)
  const { sampler, schedule, restarts, compile } = options
  if (typeof sampler !== 'object' || sampler === null) {
    const called = typeof sampler === 'function' ? ', which has to be called' : ''
    throw new CascadeError(
      'input',
      `${where}: expected a sampler, { name: 'ddim' } or a value such as ddim(), got ${shown(sampler)}${called}`,
    )
  }
  checkFunction(where, 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  if (schedule !== undefined && (typeof schedule !== 'object' || schedule === null))
    throw new CascadeError(
      'input',
      `${where}: expected a schedule, { name: 'linear', steps: 100 }, or one of schedules, got ${shown(schedule)}`,
    )
  if (restarts !== undefined && !Array.isArray(restarts))
    throw new CascadeError(
      'input',
      `${where}: expected restarts, a list such as [{ at: -1, to: 10 }], got ${shown(restarts)}`,
    )
}

/** @throws if an option of a run is unknown, or the count or the key is invalid. */
export function checkSampleOptions({ stage: { name } }: TrainedStage, options: StageSampleOptions): void {
  const where = `stage '${name}'`
  checkOptions(where, options, sampleKeys)
  checkInteger(where, 'a count', options.count, { from: 1 })
  checkRng(where, options.rng)
  const { augmented, stop } = options
  if (augmented !== undefined && typeof augmented !== 'boolean')
    throw new CascadeError('input', `${where}: expected augmented, true or false, got ${shown(augmented)}`)
  if (stop !== undefined && (typeof stop !== 'object' || stop === null))
    throw new CascadeError(
      'input',
      `${where}: expected stop, a noise level { alpha, sigma } as truncatedStop gives it, got ${shown(stop)}`,
    )
}

/** @throws unless it is a key. */
export function checkRng(where: string, rng: Rng): void {
  if (typeof rng?.fold !== 'function')
    throw new CascadeError(
      'input',
      `${where}: expected rng, a key such as rng(0) of @cascade-diffusion/random gives, got ${shown(rng)}`,
    )
}
