import { fileURLToPath } from 'node:url'
import { type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { readNpz } from '@cascade-diffusion/checkpoints'
import type { Rng } from '@cascade-diffusion/random'
import { cosineSchedule, linearSchedule, respace } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { type DiffusionProcess, learnsVariance, type Network } from './process/process.ts'

const simple = { prediction: 'epsilon', variance: 'fixed-large', noiseInput: 'timestep' } as const
const learned = { ...simple, variance: 'learned-range' } as const

/** The processes of the fixtures. */
const referenceProcesses = {
  'linear40-simple': { ...simple, schedule: linearSchedule(40) },
  'cosine100-hybrid-respaced10': { ...learned, schedule: respace(cosineSchedule(100), 10) },
  'cosine4000-hybrid-respaced25': {
    ...learned,
    noiseInput: 'rescaled-timestep',
    schedule: respace(cosineSchedule(4000), 25),
  },
  'linear1000-x0-ddim20-fixed-small': {
    ...simple,
    prediction: 'x0',
    variance: 'fixed-small',
    schedule: respace(linearSchedule(1000), { ddim: 20 }),
  },
  'cosine1000-kl-respaced10': { ...learned, schedule: respace(cosineSchedule(1000), 10) },
  'linear1000-mse-sections': { ...learned, schedule: respace(linearSchedule(1000), [10, 8, 2]) },
} as const satisfies Record<string, DiffusionProcess>

export type ReferenceName = keyof typeof referenceProcesses

export const referenceNames = Object.keys(referenceProcesses) as ReferenceName[]

/** The first three channels of the fixtures' network. */
export const referenceNetwork = (xt: tf.Tensor4D, noise: tf.Tensor1D): tf.Tensor4D => {
  const t = tf.reshape(noise, [noise.shape[0], 1, 1, 1])
  return tf.tanh(tf.add<tf.Tensor4D>(tf.mul(xt, 0.3), tf.mul(t, 0.0004)))
}

/** All six channels of the fixtures' network: the last three are for the variance. */
const learnedReferenceNetwork = (xt: tf.Tensor4D, noise: tf.Tensor1D): tf.Tensor4D => {
  const t = tf.mul(tf.reshape(noise, [noise.shape[0], 1, 1, 1]), 0.0004)
  const channels = [0, 0.05].map((shift) => tf.tanh(tf.add(tf.add(tf.mul(xt, 0.3), shift), t)))
  return tf.concat(channels, 3) as tf.Tensor4D
}

/** Reads a fixture: its process and network, images as NHWC, and lists of numbers. */
export async function loadReference(name: ReferenceName) {
  const process = referenceProcesses[name]
  const arrays = await readNpz(fileURLToPath(new URL(`./fixtures/${name}.npz`, import.meta.url)))
  return {
    process: process as DiffusionProcess,
    network: (learnsVariance(process) ? learnedReferenceNetwork : referenceNetwork) as Network,
    numbers: (key: string): number[] => Array.from(arrays[key]!.data as ArrayLike<number | bigint>, Number),
    images(key: string): NDArray<'float32'> {
      const { shape, data } = arrays[key]!
      const [H, W, C] = [shape.at(-2)!, shape.at(-1)!, shape.at(-3)!]
      const nchw = tf.tensor(data as Float32Array, [sizeOf(shape.slice(0, -3)), C, H, W])
      const nhwc = tf.transpose(nchw, [0, 2, 3, 1]).dataSync<'float32'>().slice()
      return ndarray(nhwc, [...shape.slice(0, -3), H, W, C])
    },
  }
}

/** An `Rng` that gives the arrays of a function. Its argument is the path of folded labels, joined by dots. */
export const givenNoise = (arrayFor: (path: string) => NDArray<'float32'>, path: readonly string[] = []): Rng => ({
  fold: (label) => givenNoise(arrayFor, [...path, String(label)]),
  normal: () => arrayFor(path.join('.')),
  uniform: unexpected,
  integers: unexpected,
  permutation: unexpected,
})

function unexpected(): never {
  throw new Error('expected only normal numbers to be drawn')
}

/** The greatest difference, relative to the greatest magnitude of `expected`. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`expected ${expected.length} values, got ${actual.length}`)
  const greatest = (x: ArrayLike<number>) => Array.from(x).reduce((max, v) => Math.max(max, Math.abs(v)), 0)
  return greatest(Array.from(actual, (v, i) => v - expected[i]!)) / greatest(expected)
}
