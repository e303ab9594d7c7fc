import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import type { Rng } from '@cascade-diffusion/random'
import type { ScheduleConfig } from '@cascade-diffusion/schedules'
import { greatestDifference } from '@cascade-diffusion/testing'
import { describe, expect, test } from 'vitest'
import type { StageSampling } from '../../cascade/stage-sampling.ts'
import {
  type ExactAugmentation,
  exactBase,
  exactSuperResolution,
  gaussian,
  largeVariances,
  smallVariances,
} from '../../gaussian-fixture.ts'
import { cascadeSampler } from './cascade-sampler.ts'

/** Directions of length 1 along the parts of images: the mean, the means of 2×2 pixels, and what remains. */
const directions = {
  4: [
    [0.5, 0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5, -0.5],
  ],
  16: [
    Array.from({ length: 16 }, () => 0.25),
    Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? 0.25 : -0.25)),
    Array.from({ length: 16 }, (_, i) => [0.5, -0.5][i] ?? [0.5, -0.5][i - 4] ?? 0),
  ],
}

const project = (images: Images, image: number, direction: readonly number[]): number =>
  direction.reduce((sum, d, i) => sum + d * images.data[image * direction.length + i]!, 0)

/**
 * A key that draws nothing: at each place where normal numbers are drawn, one image has 1 along each part, and all
 * others have none. Sampling is affine in its normal numbers, so these images determine all moments exactly.
 */
function unitNoise(count: number, path = '', places = new Map<string, number>()): Rng {
  return {
    fold: (label) => unitNoise(count, `${path}.${label}`, places),
    normal(shape) {
      const size = shape.slice(1).reduce((product, d) => product * d, 1) as 4 | 16
      const first = places.get(path) ?? 1 + 3 * places.size
      places.set(path, first)
      if (first + 3 >= count) throw new Error('expected fewer places where noise is drawn')
      const noise = new Float32Array(count * size)
      directions[size].forEach((direction, k) => {
        noise.set(direction, (first + k) * size)
      })
      return ndarray(noise, shape)
    },
    uniform: (shape) => ndarray(new Float32Array(shape[0]!), shape),
    integers: unexpected,
    permutation: unexpected,
  } as Rng
}

function unexpected(): never {
  throw new Error('expected only normal numbers to be drawn')
}

type Images = NDArray<'float32'>

interface Ways {
  readonly schedule: ScheduleConfig
  readonly augmentation: ExactAugmentation
  /** Of both stages, or of the lower one. */
  readonly sampling: StageSampling
  readonly above?: StageSampling
}

/** The means of z_s and x for each class, and the variances and covariances of their parts. */
async function moments(
  { schedule, augmentation, sampling, above = sampling }: Ways,
  level: number,
  truncated: boolean,
) {
  const [base, sr] = [exactBase(schedule), exactSuperResolution(schedule, augmentation)]
  const stages = [
    { ...base, sampling },
    { ...sr, sampling: above, level, truncated },
  ]
  const count = 256
  // The first image has no noise, and neither has the last, of the other class.
  const labels = Array.from({ length: count }, (_, i) => Number(i < count - 1))
  const key = unitNoise(count)
  const sampler = cascadeSampler({ stages }, { compile: eager })
  const [z, x] = (await sampler.sample({ count, labels, rng: key, batchSize: count })) as [Images, Images]
  const { draw, apply } = sr.stage.augmentation
  const drawn = draw({ shape: z.shape, rng: key.fold('sr'), level })
  const zs = truncated ? z : ((await eager(apply)(z, drawn)) as Images)

  const changes = (images: Images, direction: readonly number[]) =>
    labels.slice(0, -1).map((_, i) => project(images, i, direction) - project(images, 0, direction))
  const dz = directions[4].map((direction) => changes(zs, direction))
  const dx = directions[16].map((direction) => changes(x, direction))
  const product = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
  return {
    means: [0, count - 1].flatMap((i) => [project(zs, i, directions[4][0]!), project(x, i, directions[16][0]!)]),
    small: dz.map((d) => product(d, d)),
    large: dx.map((d) => product(d, d)),
    both: dz.map((d, k) => product(d, dx[k]!)),
    acrossParts: [product(dz[0]!, dx[1]!), product(dz[1]!, dx[0]!), product(dx[0]!, dx[1]!), product(dx[1]!, dx[2]!)],
  }
}

const sampling = { sampler: { name: 'dpm-solver', eta: 1 }, processX0: { name: 'keep' } } as const
const cosine = { name: 'cosine', steps: 40 } as const
const logLinear = { name: 'continuous-log-linear', min: -9, max: 9 } as const
const noise = (schedule: ScheduleConfig) => ({ name: 'gaussian-noise', schedule }) as const

/** ᾱ after s steps of the cosine schedule, whose clipping touches only the last. */
const cosineAlphaBar = (s: number) => {
  const f = (u: number) => Math.cos(((u + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  return f(s / 40) / f(0)
}

describe.each([
  {
    process: 'all steps',
    schedule: cosine,
    augmentation: noise(cosine),
    sampling,
    levels: [5, 16],
    alphaBar: cosineAlphaBar,
  },
  {
    process: 'some of the steps',
    schedule: cosine,
    augmentation: noise(cosine),
    sampling: { ...sampling, spacing: 20 },
    above: sampling,
    levels: [19],
    alphaBar: cosineAlphaBar,
  },
  {
    process: 'all steps, s by its log-SNR',
    schedule: cosine,
    augmentation: { name: 'noise-log-snr', logSnr: [-6, 6] } as const,
    sampling,
    levels: [0.45],
    alphaBar: (s: number) => 1 / (1 + Math.exp(12 * s - 6)),
  },
  {
    process: 'continuous time',
    schedule: logLinear,
    augmentation: noise(logLinear),
    sampling: { ...sampling, steps: { count: 36, from: 1, to: 0.05 } },
    levels: [0.21, 0.6],
    alphaBar: (s: number) => 1 / (1 + Math.exp(18 * s - 9)),
  },
])('exact Gaussian stages, $process', ({ levels, alphaBar, ...ways }) => {
  test.each(levels)('truncated and non-truncated at s = %d: the exact means and covariances', async (s) => {
    const { gain, mean } = gaussian
    const [alpha, noise] = [Math.sqrt(alphaBar(s)), 1 - alphaBar(s)]
    // A part of z has twice the length among the pixels of x.
    const means = [mean[1]!, mean[0]!].flatMap((m) => [2 * alpha * m, 4 * gain * m])
    const expected = {
      small: smallVariances.map((v) => alpha ** 2 * v + noise),
      large: largeVariances(smallVariances),
      both: smallVariances.map((v) => alpha * 2 * gain * v),
    }
    for (const truncated of [true, false]) {
      const actual = await moments(ways, s, truncated)
      expect(greatestDifference(actual.means, means)).toBeLessThan(1e-3)
      for (const key of ['small', 'large', 'both'] as const)
        actual[key].forEach((value, k) => {
          expect(Math.abs(value / expected[key][k]! - 1), `${key} ${k}, truncated: ${truncated}`).toBeLessThan(0.05)
        })
      expect(greatestDifference(actual.acrossParts, [0, 0, 0, 0])).toBeLessThan(1e-5)
    }
  })
})
