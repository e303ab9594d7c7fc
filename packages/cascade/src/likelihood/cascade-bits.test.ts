import { imageDataset } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { type scheduleFromAlphasCumprod, scheduleOf } from '@cascade-diffusion/schedules'
import { describe, expect, test } from 'vitest'
import type { Cascade } from '../cascade/cascade.ts'
import {
  exactBase,
  exactSuperResolution,
  gaussian,
  largeVariances,
  posteriorVariance,
  smallVariances,
} from '../gaussian-fixture.ts'
import { resampleStage } from '../kinds/resample-stage.ts'
import { baseStage } from '../stage/stage.ts'
import { halves, tinyNetwork } from '../test-support.ts'
import { type CascadeBitsOptions, cascadeBits } from './cascade-bits.ts'

/** Four pictures of 4×4, two of each class, each many times: averages over their noise are then near expectations. */
const kinds = 4
const copies = 150
const bytes = rng(3).integers([kinds, 16], 60, 190).data
const dataset = imageDataset({
  name: 'pictures',
  images: {
    shape: [kinds * copies, 4, 4, 1],
    data: Uint8Array.from({ length: kinds * copies * 16 }, (_, i) => bytes[i % (kinds * 16)]! + 20 * ((i >> 2) % 2)),
  },
  labels: Int32Array.from({ length: kinds * copies }, (_, i) => i % 2),
  classNames: ['dark', 'bright'],
})

const schedule = { name: 'cosine', steps: 24 } as const
const keep = { sampler: { name: 'ancestral' }, processX0: { name: 'keep' } } as const
const base = { ...exactBase(schedule, 'fixed-large'), sampling: keep }
const sr = { ...exactSuperResolution(schedule, { name: 'gaussian-noise', schedule }), sampling: keep }
const cascade: Cascade = { stages: [base, sr] }

/** The bound that follows from the formulas, by expectations over all noise. */
describe('the closed form of a Gaussian cascade', () => {
  const { alphasCumprod, betas } = scheduleOf(schedule) as ReturnType<typeof scheduleFromAlphasCumprod>
  const T = betas.length
  const noiseAt = (t: number) => ({ alpha: Math.sqrt(alphasCumprod[t]!), sigma: Math.sqrt(1 - alphasCumprod[t]!) })
  /** The posterior's variance β̃_t, that of t = 1 at t = 0. */
  const smallest = (t: number) => {
    const s = Math.max(t, 1)
    return (betas[s]! * (1 - alphasCumprod[s - 1]!)) / (1 - alphasCumprod[s]!)
  }

  /** The parts of an image along its mean, the means of 2×2 pixels (of z: the pixels) and what remains. */
  function partsOf(image: readonly number[]): number[][] {
    const side = Math.sqrt(image.length)
    const block = (i: number) => (side === 2 ? i : 2 * Math.floor(i / 8) + Math.floor((i % 4) / 2))
    const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length
    const whole = mean(image)
    const blocks = image.map((_, i) => mean(image.filter((_, j) => block(j) === block(i))))
    return [image.map(() => whole), blocks.map((x) => x - whole), image.map((x, i) => x - blocks[i]!)]
  }
  /** The numbers of dimensions of the parts. */
  const dimensions = { 4: [1, 3, 0], 16: [1, 3, 12] }

  /** ln Φ between two bounds, by the error function's integral. */
  const normalCdf = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2))
  function erf(x: number): number {
    // The series converges for all x that matter here; beyond 5, the rest is below 1e-12.
    if (Math.abs(x) > 5) return Math.sign(x)
    let [term, sum] = [x, x]
    for (let n = 1; n < 120; n++) {
      term *= -(x ** 2) / n
      sum += term / (2 * n + 1)
    }
    return (2 / Math.sqrt(Math.PI)) * sum
  }

  /** The expected -ln p(x) of a byte x, whose discretised Gaussian has a normally distributed mean. */
  function decoder(x: number, mean: number, spread: number, deviation: number): number {
    let [sum, weights] = [0, 0]
    for (let u = -6; u <= 6; u += 0.1) {
      const centre = mean + spread * u
      const [high, low] = [x + 1 / 255, x - 1 / 255].map((edge) => normalCdf((edge - centre) / deviation))
      const weight = Math.exp((-u * u) / 2)
      sum += weight * -Math.log(Math.max(high! - low!, 1e-12))
      weights += weight
    }
    return sum / weights
  }

  /**
   * The expected bound of an image in bits, of a stage whose prediction is that of Gaussian data with a mean and variances.
   * @param deviations of the mean along each part, per dimension: it may be noisy itself.
   */
  function bound(
    image: readonly number[],
    mean: readonly number[],
    variances: readonly number[],
    deviations: readonly number[],
    { stop, large }: { stop: number; large: boolean },
  ): number {
    const counts = dimensions[image.length as 4 | 16]
    const centred = partsOf(image.map((x, i) => x - mean[i]!))
    const last = alphasCumprod[T - 1]!
    let nats = image.reduce((sum, x) => sum + (last * x * x - last - Math.log1p(-last)) / 2, 0)
    for (let t = stop + 1; t < T; t++) {
      const { alpha, sigma } = noiseAt(t)
      const gains = variances.map((v) => (alpha * v) / (alpha ** 2 * v + sigma ** 2))
      // x0 - D = (1 - g α) (x0 - μ) - g σ ε
      const error = centred.map((part, k) => part.map((x) => (1 - gains[k]! * alpha) * x))
      const spread = gains.map((g, k) => Math.hypot(g * sigma, (1 - g * alpha) * deviations[k]!))
      const small = smallest(t)
      const variance = large && t > 0 ? betas[t]! : small
      if (t > 0) {
        const coefficient = (Math.sqrt(alphasCumprod[t - 1]!) * betas[t]!) / (1 - alphasCumprod[t]!)
        const square =
          error.flat().reduce((sum, x) => sum + x ** 2, 0) + spread.reduce((sum, s, k) => sum + counts[k]! * s ** 2, 0)
        const ratio = small / variance
        nats += (image.length * (ratio - 1 - Math.log(ratio)) + (coefficient ** 2 * square) / variance) / 2
        continue
      }
      const ofPixel = Math.sqrt(spread.reduce((sum, s, k) => sum + (s ** 2 * counts[k]!) / image.length, 0))
      image.forEach((x, i) => {
        const predicted = x - error.reduce((sum, part) => sum + part[i]!, 0)
        nats += decoder(x, predicted, ofPixel, Math.sqrt(variance))
      })
    }
    return nats / Math.LN2
  }

  /** The expected bits of both stages, on average over the pictures. */
  function expected(s: number, truncated: boolean): [number, number] {
    const noise = s === 0 ? { alpha: 1, sigma: 0 } : noiseAt(s - 1)
    const sums: [number, number] = [0, 0]
    for (let kind = 0; kind < kinds; kind++) {
      const picture = Array.from({ length: 16 }, (_, i) => dataset.images.data[kind * 16 + i]!)
      const x = picture.map((byte) => byte / 127.5 - 1)
      const pair = (a: number, b: number) => Math.round((a + b) / 2)
      const z = [0, 2, 8, 10].map((i) => {
        const [above, below] = [i, i + 4].map((j) => pair(picture[j]!, picture[j + 1]!))
        return pair(above!, below!) / 127.5 - 1
      })
      const mu = gaussian.mean[kind % 2]!
      sums[0] += bound(z, [mu, mu, mu, mu], [...smallVariances, 1], [0, 0, 0], {
        stop: truncated ? s - 1 : -1,
        large: true,
      })
      // E[z | z_s] = μ + g (α (z - μ) + σ ε); among the pixels of x, ε has the deviation gain g σ in each pixel.
      const gains = smallVariances.map((v) => (noise.alpha * v) / (noise.alpha ** 2 * v + noise.sigma ** 2))
      const parts = partsOf(z.map((value) => value - mu))
      const small = z.map((_, i) => mu + gains.reduce((sum, g, k) => sum + g * noise.alpha * parts[k]![i]!, 0))
      const mean = x.map((_, i) => gaussian.gain * small[2 * Math.floor(i / 8) + Math.floor((i % 4) / 2)]!)
      // A dimension of z is spread over four pixels: its length is doubled.
      const deviations = [...gains.map((g) => 2 * gaussian.gain * g * noise.sigma), 0]
      const left = largeVariances(smallVariances.map((v) => posteriorVariance(v, noise)))
      sums[1] += bound(x, mean, left, deviations, { stop: -1, large: false })
    }
    return [sums[0] / kinds, sums[1] / kinds]
  }

  test.each([
    { level: 0, truncated: false },
    { level: 7, truncated: false },
    { level: 7, truncated: true },
    { level: 18, truncated: true },
  ])('s = $level, truncated: $truncated', async ({ level, truncated }) => {
    const bits = await cascadeBits(cascade, {
      dataset,
      levels: [{ level, truncated }],
      rng: rng(9),
      compile: eager,
      batchSize: 600,
    })
    const [small, large] = expected(level, truncated)
    const [ofBase, ofSr] = bits.stages
    expect(Math.abs(ofBase!.bits / small - 1)).toBeLessThan(0.012)
    expect(Math.abs(ofSr!.bits / large - 1)).toBeLessThan(0.003)
    expect(ofBase).toMatchObject({ name: 'base', stop: truncated ? level - 1 : -1, perDim: ofBase!.bits / 4 })
    expect(ofSr).toMatchObject({ name: 'sr', level, truncated, stop: -1, perDim: ofSr!.bits / 16 })
    expect(bits.perDim).toBeCloseTo((ofBase!.bits + ofSr!.bits) / 16, 10)
    expect(bits.images).toHaveLength(kinds * copies)
    const deviation = Math.sqrt(bits.images.reduce((sum, x) => sum + (x - bits.perDim) ** 2, 0) / (kinds * copies - 1))
    expect(bits.standardError).toBeCloseTo(deviation / Math.sqrt(kinds * copies), 10)
  })
})

const options = { dataset, count: 5, rng: rng(9), compile: eager }

test('the levels of the cascade, in batches of any size, eagerly or compiled', async () => {
  const chosen = { stages: [base, { ...sr, level: 7, truncated: true }] }
  const done: unknown[] = []
  const bits = await cascadeBits(chosen, { ...options, batchSize: 2, progress: (progress) => done.push(progress) })
  expect(bits).toEqual(await cascadeBits(cascade, { ...options, levels: { sr: { level: 7, truncated: true } } }))
  expect(done).toEqual([2, 4, 5].flatMap((n) => ['base', 'sr'].map((stage) => ({ stage, done: n, count: 5 }))))
  const compiled = await cascadeBits(chosen, { ...options, compile: jit })
  bits.images.forEach((perDim, i) => {
    expect(Math.abs(compiled.images[i]! / perDim - 1)).toBeLessThan(1e-4)
  })
})

test('a signal ends it', async () => {
  const stop = new AbortController()
  const run = cascadeBits(cascade, { ...options, signal: stop.signal, progress: () => stop.abort(new Error('enough')) })
  await expect(run).rejects.toMatchObject({ code: 'interrupted', cause: new Error('enough') })
})

const timed = { name: 'continuous-log-linear', min: -9, max: 9 } as const
const up = { stage: resampleStage({ name: 'up', resolution: 8, imageChannels: 1, method: 'nearest' }) }
const onLevels = (name: string, resolution: number) =>
  baseStage({
    name,
    resolution,
    imageChannels: 1,
    classNames: ['dark', 'bright'],
    process: { schedule: { name: 'linear', steps: 2000 }, noiseInput: 'noise-level' },
    network: tinyNetwork(),
  })

test.each<[string, Cascade, Partial<CascadeBitsOptions>, string]>([
  [
    'an unknown option',
    cascade,
    { level: [3] } as never,
    "cascadeBits: unknown option 'level'. Did you mean 'levels'?",
  ],
  [
    'a resampler',
    { stages: [base, sr, up] },
    {},
    "expected diffusion models, which have a likelihood, got 'up' (resample)",
  ],
  ['a cascade without its base', { stages: [sr] }, {}, 'expected a base first, which makes images of noise, got the'],
  [
    'continuous time',
    { stages: [{ ...exactBase(timed), sampling: keep }] },
    {},
    "cascadeBits: expected discrete steps, whose terms can be summed, got continuous time in 'base'",
  ],
  [
    'a bound that ends between steps',
    { stages: [{ ...base, stage: onLevels('base', 2) }, sr] },
    { levels: [{ level: 7, truncated: true }] },
    "cascadeBits: expected s at a step of the process of 'base', where its bound can end, got ᾱ 0.79",
  ],
  ['a level out of range', cascade, { levels: [25] }, "stage 'sr': expected a level s of gaussian-noise"],
  ['too many levels', cascade, { levels: [3, 4] }, 'cascade: expected levels, a list of 1 or by name'],
  ['images of another size', cascade, { dataset: halves(6, 2) }, "stage 'sr': expected images of 4×4×1"],
  ['images of other classes', cascade, { dataset: halves(6, 4) }, "stage 'sr': expected the classes dark, bright"],
  [
    'more images than there are',
    cascade,
    { count: 601 },
    'cascadeBits: expected count, an integer from 1 to 600, got 601',
  ],
  ['no key', cascade, { rng: 3 as never }, 'cascadeBits: expected rng, a key such as rng(0)'],
  ['no engine', cascade, { compile: undefined as never }, 'cascadeBits: expected compile, a function (jit of'],
])('refuses %s', async (_, given, changes, message) => {
  await expect(cascadeBits(given, { ...options, ...changes })).rejects.toThrow(message)
})
