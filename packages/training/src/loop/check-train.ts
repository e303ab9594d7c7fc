import { isNDArray } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOptions,
  checkSignal,
  type KnownKeys,
  parseConfig,
  shown,
} from '@cascade-diffusion/checks'
import { lossScalingSchema } from '../step/loss-scale.ts'
import { refuseMoved } from '../step/refuse-moved.ts'
import { firstNonFinite } from './divergence.ts'
import { type CheckpointOptions, type TrainObserver, type TrainOptions, trainKeys } from './options.ts'

const checkpointKeys: KnownKeys<CheckpointOptions> = {
  path: true,
  every: true,
  everySeconds: true,
  migrate: true,
  kind: true,
  config: true,
}

/** @throws if an option is missing, unknown, or not of its kind: before anything is computed. */
export function checkTrainOptions<Batch>(options: TrainOptions<Batch>): void {
  refuseMoved('train', options)
  checkOptions('train', options, trainKeys)
  const { params, loss, batch, memory, steps, seed, compile, lossScaling, checkpoint } = options
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw new CascadeError('input', `train: expected params, a record of arrays by name, got ${shown(params)}`)
  checkFunction('train', 'loss', loss)
  checkFunction('train', 'batch', batch)
  if (memory) checkFunction('train', 'memory.record', memory.record)
  checkInteger('train', 'steps', steps, { from: 0 })
  checkInteger('train', 'a seed', seed, { from: 0 })
  checkFunction('train', 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  if (lossScaling !== undefined && typeof lossScaling !== 'boolean' && typeof lossScaling !== 'object')
    throw new CascadeError(
      'input',
      `train: expected lossScaling, true, false or its options, got ${shown(lossScaling)}`,
    )
  if (typeof lossScaling === 'object') parseConfig('train: lossScaling', lossScalingSchema, lossScaling)
  if (options.maxNonFinite !== undefined) checkInteger('train', 'maxNonFinite', options.maxNonFinite, { from: 1 })
  checkPositive('maxGrowth', options.maxGrowth)
  for (const name of ['progress', 'reduce'] as const)
    if (options[name] !== undefined) checkFunction('train', name, options[name])
  if (options.observe !== undefined) checkObserver(options.observe)
  if (options.signal !== undefined) checkSignal('train', options.signal)
  if (checkpoint) checkCheckpointOptions(checkpoint)
  for (const [name, array] of Object.entries(params))
    if (!isNDArray(array))
      throw new CascadeError('input', `train: expected params of arrays, got ${shown(array)} as '${name}'`)
  const bad = firstNonFinite(Object.entries(params))
  if (bad) throw new CascadeError('input', `train: expected finite params, got ${bad}`)
}

function checkObserver(observe: TrainObserver): void {
  checkOptions('train: observe', observe, { every: true, call: true })
  checkInteger('train: observe', 'every, in steps', observe.every, { from: 1 })
  checkFunction('train: observe', 'call', observe.call)
}

function checkCheckpointOptions(checkpoint: CheckpointOptions): void {
  checkOptions('train: checkpoint', checkpoint, checkpointKeys)
  const { kind, config } = checkpoint
  if (typeof kind !== 'string' || kind === '')
    throw new CascadeError(
      'input',
      `train: checkpoint: expected kind, a text that says what is trained, got ${shown(kind)}`,
    )
  if (config === undefined)
    throw new CascadeError(
      'input',
      'train: checkpoint: expected config, a JSON value that a resumed run must share, got none',
    )
  if (checkpoint.every !== undefined && checkpoint.every !== Number.POSITIVE_INFINITY)
    checkInteger('train: checkpoint', 'every, in steps', checkpoint.every, { from: 1 })
  if (checkpoint.migrate !== undefined) checkFunction('train: checkpoint', 'migrate', checkpoint.migrate)
  const { everySeconds } = checkpoint
  if (everySeconds !== undefined && !(typeof everySeconds === 'number' && everySeconds >= 0))
    throw new CascadeError('input', `train: checkpoint: expected everySeconds from 0, got ${shown(everySeconds)}`)
}

function checkPositive(what: string, value: unknown): void {
  if (value !== undefined && !(typeof value === 'number' && value > 0))
    throw new CascadeError('input', `train: expected ${what}, a number above 0, got ${shown(value)}`)
}
