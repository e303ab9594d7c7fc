import '@tensorflow/tfjs-backend-cpu'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Params } from '@cascade-diffusion/arrays'
import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import type { Rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { TrainOptions } from '../loop/options.ts'
import type { LossOfEach } from '../step/loss-gradients.ts'

/** Examples x with their values y. */
export interface LineBatch {
  readonly x: tf.Tensor2D
  readonly y: tf.Tensor1D
}

/** Linear regression: the square of x·weight + bias - y of each example. */
const lineLosses = ({ weight, bias }: Params<tf.Tensor>, { x, y }: LineBatch): tf.Tensor1D =>
  tf.square(tf.sub(tf.add(tf.reshape(tf.matMul(x, weight as tf.Tensor2D), [-1]), bias!), y)) as tf.Tensor1D

/** The mean of {@link lineLosses}, and each beside it. */
export const lineLossAndEach = (params: Params<tf.Tensor>, batch: LineBatch): LossOfEach => {
  const each = lineLosses(params, batch)
  return { loss: tf.mean(each) as tf.Scalar, each }
}

const lineLoss = (params: Params<tf.Tensor>, batch: LineBatch): tf.Scalar =>
  tf.mean(lineLosses(params, batch)) as tf.Scalar

/** 32 examples without noise of y = 2·x₀ - x₁ + 0.5. */
export function lineBatch(_: number, rng: Rng): { x: NDArray<'float32'>; y: NDArray<'float32'> } {
  const x = rng.normal([32, 2])
  return { x, y: float32(Array.from({ length: 32 }, (_, i) => 2 * x.data[2 * i]! - x.data[2 * i + 1]! + 0.5)) }
}

/** A run of 20 steps of {@link lineLoss}, to change as a test needs. */
export const lineRun = (changes: Partial<TrainOptions<LineBatch>> = {}): TrainOptions<LineBatch> => ({
  params: { weight: float32([0.1, -0.2], [2, 1]), bias: float32(0) },
  loss: lineLoss,
  batch: lineBatch,
  steps: 20,
  seed: 7,
  compile: eager,
  learningRate: 0.05,
  ...changes,
})

/** Checkpoint options for a file in a folder. */
export const checkpointIn = (folder: string, every = 1000) => ({
  path: join(folder, 'line.safetensors'),
  every,
  kind: 'line',
  config: { features: 2, data: { rows: 32 } },
})

/** A small checkpoint of `step` steps. */
export function checkpointOf(step: number): Checkpoint {
  const params = (value: number) => ({ 'layer.weight': float32([value, 1], [1, 2]), bias: float32(value) })
  return {
    kind: 'line',
    config: { features: 2, name: 'ünï"code' },
    step,
    seed: 3,
    settings: { optimizer: [{ name: 'adam', beta1: 0.9 }] },
    state: {
      params: params(step),
      averages: { ema: params(step + 0.5), slow: params(step / 2) },
      optimizer: { m: params(-1), v: params(0.25) },
    },
    losses: Float32Array.from({ length: step }, (_, i) => (i === 1 ? Number.NaN : i)),
  }
}

/** A module of src, as a script imports it. */
export const moduleHere = (name: string) => JSON.stringify(fileURLToPath(new URL(`../${name}`, import.meta.url)))

/** Runs TypeScript in a process of its own. */
export function runScript(input: string) {
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', '--input-type=module']
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  return spawnSync(process.execPath, flags, { input, cwd, encoding: 'utf8' })
}
