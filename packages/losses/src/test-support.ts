import { readFileSync } from 'node:fs'
import { float32, int32 } from '@cascade-diffusion/arrays'
import type { DiffusionProcess } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { cosineSchedule, linearSchedule, respace } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { type NetworkParameters, type ReferenceConfig, sections } from './reference-process.ts'

/** Both ways to run a traceable function. */
export const ways = [
  ['eager', eager],
  ['jit', jit],
] as const

/** The parameters of the fixtures' network. */
export const parameters: NetworkParameters = [0.3, 0.05, 0.0004]

/** The reference's network: [slope, gap, drift], and C or 2C channels. */
export const networkOf =
  (p: tf.Tensor1D | NetworkParameters, channels: 3 | 6) => (xt: tf.Tensor4D, noise: tf.Tensor1D) => {
    const [slope, gap, drift] = [0, 1, 2].map((i) =>
      p instanceof tf.Tensor ? tf.slice(p, [i], [1]) : tf.tensor1d([p[i]!]),
    )
    const t = tf.reshape(noise, [noise.shape[0], 1, 1, 1])
    const first = tf.add(tf.mul(slope!, xt), tf.mul(drift!, t))
    const both = channels === 3 ? first : tf.concat([first, tf.add(first, gap!)], 3)
    return tf.tanh(both) as tf.Tensor4D
  }

export const channelsOf = ({ variance }: Pick<DiffusionProcess, 'variance'>) =>
  variance === 'learned' || variance === 'learned-range' ? 6 : 3

/** The fixtures with the case that each is of. */
export const fixtureCases = {
  'linear40-simple': 'linear, 40 steps, fixed large',
  'cosine100-hybrid-respaced10': 'cosine, 10 of 100 steps, learned range',
  'cosine4000-hybrid-respaced25': 'cosine, 25 of 4000 steps, learned range, rescaled',
  'linear1000-x0-ddim20-fixed-small': 'linear, ddim20 of 1000 steps, x0, fixed small',
  'cosine1000-kl-respaced10': 'cosine, 10 of 1000 steps, learned range',
  'linear1000-mse-sections': 'linear, sections [10, 8, 2] of 1000 steps, learned range',
} as const

export type FixtureName = keyof typeof fixtureCases

export const fixtureNames = Object.keys(fixtureCases) as FixtureName[]

/** Outputs of guided-diffusion: images [4,4,4,3]. */
export function fixture(name: FixtureName) {
  const url = new URL(`./fixtures/${name}.json`, import.meta.url)
  type Key = 'x0' | 'noise' | 't' | 'mse' | 'loss' | 'vb' | 'vbBits' | 'xt' | 'mean' | 'logVariance' | 'predictedX0'
  return JSON.parse(readFileSync(url, 'utf8')) as { readonly [key in Key]: number[] }
}

export const images = (values: readonly number[]) => float32(values, [values.length / 48, 4, 4, 3])
export const steps = (values: readonly number[]) => int32(values)

interface Case {
  readonly config: ReferenceConfig
  readonly process: DiffusionProcess
  /** One for each of four images. */
  readonly t: readonly number[]
}

const every = (steps: number, stride = 1) => Array.from({ length: Math.ceil(steps / stride) }, (_, i) => i * stride)

/** The configurations of the fixtures, and others of their kind. */
export const cases = {
  'linear, 40 steps, fixed large': {
    config: {
      steps: 40,
      noiseSchedule: 'linear',
      kept: every(40),
      prediction: 'epsilon',
      variance: 'fixed-large',
      rescaleTimesteps: false,
    },
    process: { schedule: linearSchedule(40), prediction: 'epsilon', variance: 'fixed-large', noiseInput: 'timestep' },
    t: [0, 1, 20, 39],
  },
  'cosine, 10 of 100 steps, learned range': {
    config: {
      steps: 100,
      noiseSchedule: 'cosine',
      kept: every(100, 11),
      prediction: 'epsilon',
      variance: 'learned-range',
      rescaleTimesteps: false,
    },
    process: {
      schedule: respace(cosineSchedule(100), 10),
      prediction: 'epsilon',
      variance: 'learned-range',
      noiseInput: 'timestep',
    },
    t: [0, 1, 5, 9],
  },
  'cosine, 25 of 4000 steps, learned range, rescaled': {
    config: {
      steps: 4000,
      noiseSchedule: 'cosine',
      kept: sections(4000, [25]),
      prediction: 'epsilon',
      variance: 'learned-range',
      rescaleTimesteps: true,
    },
    process: {
      schedule: respace(cosineSchedule(4000), 25),
      prediction: 'epsilon',
      variance: 'learned-range',
      noiseInput: 'rescaled-timestep',
    },
    t: [0, 1, 12, 24],
  },
  'linear, ddim20 of 1000 steps, x0, fixed small': {
    config: {
      steps: 1000,
      noiseSchedule: 'linear',
      kept: every(1000, 50),
      prediction: 'x0',
      variance: 'fixed-small',
      rescaleTimesteps: false,
    },
    process: {
      schedule: respace(linearSchedule(1000), { ddim: 20 }),
      prediction: 'x0',
      variance: 'fixed-small',
      noiseInput: 'timestep',
    },
    t: [0, 2, 10, 19],
  },
  'linear, sections [10, 8, 2] of 1000 steps, learned': {
    config: {
      steps: 1000,
      noiseSchedule: 'linear',
      kept: sections(1000, [10, 8, 2]),
      prediction: 'epsilon',
      variance: 'learned',
      rescaleTimesteps: true,
    },
    process: {
      schedule: respace(linearSchedule(1000), [10, 8, 2]),
      prediction: 'epsilon',
      variance: 'learned',
      noiseInput: 'rescaled-timestep',
    },
    t: [0, 9, 11, 19],
  },
  'cosine, 10 of 1000 steps, learned range': {
    config: {
      steps: 1000,
      noiseSchedule: 'cosine',
      kept: every(1000, 111),
      prediction: 'epsilon',
      variance: 'learned-range',
      rescaleTimesteps: false,
    },
    process: {
      schedule: respace(cosineSchedule(1000), 10),
      prediction: 'epsilon',
      variance: 'learned-range',
      noiseInput: 'timestep',
    },
    t: [0, 1, 5, 9],
  },
  'linear, sections [10, 8, 2] of 1000 steps, learned range': {
    config: {
      steps: 1000,
      noiseSchedule: 'linear',
      kept: sections(1000, [10, 8, 2]),
      prediction: 'epsilon',
      variance: 'learned-range',
      rescaleTimesteps: false,
    },
    process: {
      schedule: respace(linearSchedule(1000), [10, 8, 2]),
      prediction: 'epsilon',
      variance: 'learned-range',
      noiseInput: 'timestep',
    },
    t: [0, 9, 11, 19],
  },
  'cosine, 50 steps, v, fixed large': {
    config: {
      steps: 50,
      noiseSchedule: 'cosine',
      kept: every(50),
      prediction: 'v',
      variance: 'fixed-large',
      rescaleTimesteps: false,
    },
    process: { schedule: cosineSchedule(50), prediction: 'v', variance: 'fixed-large', noiseInput: 'timestep' },
    t: [0, 7, 25, 49],
  },
} as const satisfies Record<string, Case>

export const caseList = Object.entries(cases).map(([name, c]) => [name, c as Case] as const)

/** The greatest error of each value relative to that value, for numbers of very different magnitude. */
export const relativeErrors = (actual: ArrayLike<number>, expected: ArrayLike<number>): number =>
  greatest(Array.from(sameLength(actual, expected), (v, i) => v / expected[i]! - 1))

/** The greatest difference, relative to the greatest magnitude of `expected`. */
export const relativeError = (actual: ArrayLike<number>, expected: ArrayLike<number>): number =>
  greatest(Array.from(sameLength(actual, expected), (v, i) => v - expected[i]!)) / greatest(Array.from(expected))

const greatest = (x: readonly number[]) => x.reduce((max, v) => Math.max(max, Math.abs(v)), 0)

function sameLength(actual: ArrayLike<number>, expected: ArrayLike<number>): ArrayLike<number> {
  if (actual.length !== expected.length) throw new Error(`expected ${expected.length} values, got ${actual.length}`)
  return actual
}
