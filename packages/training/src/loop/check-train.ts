import { isNDArray } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOptions,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import type { LossScaling } from '../step/loss-scale.ts'
import { trainerKeys } from '../step/trainer.ts'
import { firstNonFinite } from './divergence.ts'
import type { CheckpointOptions, TrainOptions } from './train.ts'

const trainKeys: KnownKeys<TrainOptions<unknown>> = {
  ...trainerKeys,
  params: true,
  loss: true,
  batch: true,
  memory: true,
  steps: true,
  seed: true,
  compile: true,
  learningRate: true,
  lossScaling: true,
  maxNonFinite: true,
  maxGrowth: true,
  checkpoint: true,
  progress: true,
  signal: true,
}

const checkpointKeys: KnownKeys<CheckpointOptions> = {
  path: true,
  every: true,
  everySeconds: true,
  migrate: true,
  kind: true,
  config: true,
}

const scalingKeys: KnownKeys<LossScaling> = { initial: true, growthInterval: true }

/** @throws if an option is missing, unknown, or not of its kind: before anything is computed. */
export function checkTrainOptions<Batch>(options: TrainOptions<Batch>): void {
  checkOptions('train', options, trainKeys)
  const { params, loss, batch, memory, steps, seed, compile, learningRate, lossScaling, checkpoint } = options
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw new CascadeError('input', `train: expected params, a record of arrays by name, got ${shown(params)}`)
  checkFunction('train', 'loss', loss)
  checkFunction('train', 'batch', batch)
  if (memory) checkFunction('train', 'memory.record', memory.record)
  if (!(Number.isSafeInteger(steps) && steps >= 0))
    throw new CascadeError('input', `train: expected steps from 0, got ${shown(steps)}`)
  checkInteger('train', 'a seed', seed, { from: 0 })
  checkFunction('train', 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  if (typeof learningRate !== 'number' && typeof learningRate !== 'function')
    throw new CascadeError(
      'input',
      `train: expected a learningRate, a number or a function of the step such as cosineRate gives, got ${shown(learningRate)}`,
    )
  for (const what of ['beta1', 'beta2', 'emaDecay'] as const) {
    const value = options[what]
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value < 1))
      throw new CascadeError('input', `train: expected ${what}, a number from 0 to less than 1, got ${shown(value)}`)
  }
  if (lossScaling !== undefined && typeof lossScaling !== 'boolean' && typeof lossScaling !== 'object')
    throw new CascadeError(
      'input',
      `train: expected lossScaling, true, false or its options, got ${shown(lossScaling)}`,
    )
  if (typeof lossScaling === 'object') checkOptions('train: lossScaling', lossScaling, scalingKeys)
  if (options.maxNonFinite !== undefined) checkInteger('train', 'maxNonFinite', options.maxNonFinite, { from: 1 })
  checkPositive('maxGrowth', options.maxGrowth)
  if (options.progress) checkFunction('train', 'progress', options.progress)
  if (options.signal && typeof options.signal.addEventListener !== 'function')
    throw new CascadeError(
      'input',
      `train: expected a signal, that of an AbortController, got ${shown(options.signal)}`,
    )
  if (checkpoint) checkCheckpointOptions(checkpoint)
  for (const [name, array] of Object.entries(params))
    if (!isNDArray(array))
      throw new CascadeError('input', `train: expected params of arrays, got ${shown(array)} as '${name}'`)
  const bad = firstNonFinite(Object.entries(params))
  if (bad) throw new CascadeError('input', `train: expected finite params, got ${bad}`)
}

function checkCheckpointOptions(checkpoint: CheckpointOptions): void {
  checkOptions('train: checkpoint', checkpoint, checkpointKeys)
  if (checkpoint.every !== undefined && checkpoint.every !== Number.POSITIVE_INFINITY)
    checkInteger('train: checkpoint', 'every, in steps', checkpoint.every, { from: 1 })
  if (checkpoint.migrate !== undefined) checkFunction('train: checkpoint', 'migrate', checkpoint.migrate)
  const { everySeconds } = checkpoint
  if (everySeconds !== undefined && !(typeof everySeconds === 'number' && everySeconds >= 0))
    throw new CascadeError('input', `train: checkpoint: expected everySeconds from 0, got ${shown(everySeconds)}`)
}

function checkPositive(what: string, value: unknown): void {
  if (value !== undefined && !((value as number) > 0))
    throw new CascadeError('input', `train: expected ${what}, a number above 0, got ${shown(value)}`)
}
