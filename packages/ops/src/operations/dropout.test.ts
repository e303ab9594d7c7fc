import '@tensorflow/tfjs-backend-cpu'
import '../gradients.ts'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { dropout } from './dropout.ts'
import { recompute } from './recompute.ts'

/** Which values of [n, h, w, c] are dropped, as 1 and 0. */
function dropped(shape: readonly number[], seeds: readonly number[], rate: number, layer = 0): Float32Array {
  return tf.tidy(() => {
    const y = dropout(tf.ones(shape as number[]), tf.tensor1d([...seeds], 'int32'), { rate, layer })
    return Float32Array.from(y.dataSync(), (v) => (v === 0 ? 1 : 0))
  })
}

/** Standard deviations that the number of ones is away from what is expected of independent draws. */
const excess = (mask: Float32Array, rate: number) =>
  (mask.reduce((sum, v) => sum + v, 0) - mask.length * rate) / Math.sqrt(mask.length * rate * (1 - rate))

/** Correlation of two masks, in standard deviations of that of independent ones. */
const correlation = (a: Float32Array, b: Float32Array, rate: number) =>
  a.reduce((sum, v, i) => sum + (v - rate) * (b[i]! - rate), 0) / Math.sqrt(a.length) / (rate * (1 - rate))

const [h, w, c] = [16, 16, 64] as const
const rates = [0.03, 0.1, 0.5, 0.9]

test.each(rates)('a rate of %f is kept to, in each example and layer, whatever the seed', (rate) => {
  const seeds = [0, 1, 2, 3, 63, 64, 4095, 4096, 2 ** 23, 2 ** 24 - 1]
  const size = h * w * c
  const scores: number[] = []
  for (const layer of [0, 1, 7, 1000]) {
    const mask = dropped([seeds.length, h, w, c], seeds, rate, layer)
    seeds.forEach((_, n) => {
      scores.push(excess(mask.subarray(n * size, (n + 1) * size), rate))
    })
  }
  expect(Math.max(...scores.map(Math.abs))).toBeLessThan(4)
  const square = scores.reduce((sum, z) => sum + z * z, 0)
  // Chi-squared with as many degrees of freedom.
  expect(Math.abs(square - scores.length) / Math.sqrt(2 * scores.length)).toBeLessThan(4)
})

test.each(rates)('at a rate of %f neighbours, channels, examples and layers are uncorrelated', (rate) => {
  const at = (mask: Float32Array, offset: number) => [mask.subarray(0, mask.length - offset), mask.subarray(offset)]
  for (const seed of [5, 6, 700, 80_000, 9_000_000]) {
    const mask = dropped([1, h, w, c], [seed], rate, 3)
    const pairs = {
      channels: at(mask, 1),
      farChannels: at(mask, 32),
      columns: at(mask, c),
      rows: at(mask, w * c),
      seeds: [mask, dropped([1, h, w, c], [seed + 1], rate, 3)],
      farSeeds: [mask, dropped([1, h, w, c], [seed + 4096], rate, 3)],
      layers: [mask, dropped([1, h, w, c], [seed], rate, 4)],
      shiftedLayers: [mask.subarray(c), dropped([1, h, w, c], [seed], rate, 4).subarray(0, -c)],
    }
    for (const [name, [a, b]] of Object.entries(pairs)) {
      // As far as the products of two rare events are normally distributed.
      expect(Math.abs(correlation(a!, b!, rate)), `${name} at seed ${seed}`).toBeLessThan(5)
    }
  }
})

test.each(rates)('at a rate of %f counts by channel and by position vary as those of independent draws', (rate) => {
  const mask = dropped([1, h, w, c], [123], rate, 2)
  const counts = (groups: number, of: (i: number) => number) => {
    const sums = new Array<number>(groups).fill(0)
    mask.forEach((v, i) => {
      sums[of(i)]! += v
    })
    const trials = mask.length / groups
    const chi = sums.reduce((sum, k) => sum + (k - trials * rate) ** 2 / (trials * rate * (1 - rate)), 0)
    return (chi - groups) / Math.sqrt(2 * groups)
  }
  expect(Math.abs(counts(c, (i) => i % c))).toBeLessThan(4)
  expect(Math.abs(counts(h * w, (i) => Math.floor(i / c)))).toBeLessThan(4)
})

test('corners of rectangles of positions and channels are independent', () => {
  const rate = 0.5
  const mask = dropped([1, h, w, c], [17], rate, 5)
  let [sum, n] = [0, 0]
  for (let p = 0; p + 1 < h * w; p++)
    for (let k = 0; k + 1 < c; k++) {
      const corners = [p * c + k, p * c + k + 1, (p + 1) * c + k, (p + 1) * c + k + 1]
      sum += corners.reduce((product, i) => product * (mask[i]! - rate), 1)
      n++
    }
  expect(Math.abs(sum) / Math.sqrt(n) / (rate * (1 - rate)) ** 2).toBeLessThan(4)
})

test('each value is dropped as often over many seeds', () => {
  const [seeds, rate] = [Array.from({ length: 4000 }, (_, i) => i), 0.2]
  const mask = dropped([seeds.length, 2, 2, 8], seeds, rate)
  const counts = new Array<number>(32).fill(0)
  mask.forEach((v, i) => {
    counts[i % 32]! += v
  })
  const scores = counts.map((k) => (k - seeds.length * rate) / Math.sqrt(seeds.length * rate * (1 - rate)))
  expect(Math.max(...scores.map(Math.abs))).toBeLessThan(4)
  // One after another over the seeds, too.
  const one = Float32Array.from(seeds, (_, n) => mask[n * 32 + 5]!)
  expect(Math.abs(correlation(one.subarray(1), one.subarray(0, -1), rate))).toBeLessThan(4)
})

test('an example has the same mask in every batch, the others are unlike it', () => {
  const size = 4 * 4 * 8
  const three = dropped([3, 4, 4, 8], [40, 50, 60], 0.4)
  expect(dropped([1, 4, 4, 8], [50], 0.4)).toEqual(three.slice(size, 2 * size))
  expect(three.slice(0, size)).not.toEqual(three.slice(size, 2 * size))
})

test('the same numbers with exact integers of 64 bits', () => {
  const [positions, channels, layer, rate] = [12, 5, 2, 0.3]
  const expected = [7, 1_234_567].map((seed) => independent(seed, layer, positions, channels, rate))
  expect(Array.from(dropped([2, 3, 4, 5], [7, 1_234_567], rate, layer))).toEqual(expected.flat())
  expect(Array.from(dropped([2, 12, 5], [7, 1_234_567], rate, layer))).toEqual(expected.flat())
})

test('what stays is scaled up, so that the mean stays, and gradients go through the mask alone', () => {
  const x = tf.randomUniform([4, 8, 8, 16], 1, 2, 'float32', 3)
  const seeds = tf.tensor1d([1, 2, 3, 4], 'int32')
  const options = { rate: 0.25, layer: 1 }
  const y = dropout(x, seeds, options).dataSync()
  const mask = dropped(x.shape, [1, 2, 3, 4], 0.25, 1)
  const weights = tf.randomUniform(x.shape, 1, 2, 'float32', 4)
  const [values, factors] = [x.dataSync(), weights.dataSync()]
  y.forEach((v, i) => {
    expect(v).toBeCloseTo(mask[i] ? 0 : values[i]! / 0.75, 5)
  })
  const dx = tf
    .grad((given) => tf.sum(tf.mul(dropout(given, seeds, options), weights)))(x)
    .dataSync()
  dx.forEach((v, i) => {
    expect(v).toBeCloseTo(mask[i] ? 0 : factors[i]! / 0.75, 5)
  })
})

test('recomputed, the mask is the same again', () => {
  const x = tf.randomUniform([2, 4, 4, 8], 1, 2, 'float32', 3)
  const seeds = tf.tensor1d([11, 2 ** 24 - 5], 'int32')
  const piece = (given: tf.Tensor, s: tf.Tensor) => tf.square(dropout(given, s as tf.Tensor1D, { rate: 0.5 }))
  const gradient = (f: typeof piece) => tf.grad((given) => tf.sum(tf.square(f(given, seeds))))(x)
  expect(Array.from(gradient(recompute(piece)).dataSync())).toEqual(Array.from(gradient(piece).dataSync()))
})

test('a rate of 0 is the tensor itself', () => {
  const x = tf.ones([2, 3])
  expect(dropout(x, tf.tensor1d([0, 1], 'int32'), { rate: 0 })).toBe(x)
})

test('no tensor is left over', () => {
  const [x, seeds] = [tf.ones([2, 3, 4]), tf.tensor1d([0, 1], 'int32')]
  const before = tf.memory().numTensors
  tf.tidy(() => void tf.grad((given) => tf.sum(dropout(given, seeds, { rate: 0.5 })))(x))
  expect(tf.memory().numTensors).toBe(before)
})

test('errors say what was expected', () => {
  const seeds = tf.tensor1d([0, 1], 'int32')
  const x = tf.ones([2, 3])
  expect(() => dropout(x, seeds, { rate: 1 })).toThrow('dropout: expected a rate from 0 to below 1, got 1')
  expect(() => dropout(x, seeds, { rate: 0.1, layer: 0.5 })).toThrow('dropout: expected a layer from 0, got 0.5')
  expect(() => dropout(tf.ones([2]), seeds, { rate: 0.1 })).toThrow('expected x of shape [N, …, C], got [2]')
  expect(() => dropout(tf.ones([3, 3]), seeds, { rate: 0.1 })).toThrow('expected int32 seeds [3], got int32 [2]')
  expect(() => dropout(x, tf.tensor1d([0, 1]), { rate: 0.1 })).toThrow('expected int32 seeds [2], got float32 [2]')
})

/** What an example of `positions` by `channels` drops, in BigInt: the construction in the docstring, written down again. */
function independent(seed: number, layer: number, positions: number, channels: number, rate: number): number[] {
  const hash = (...integers: number[]): bigint => {
    const low = (x: bigint) => x & 0xffffffffn
    let state = BigInt(integers.length)
    for (const integer of integers) {
      state = low((state ^ BigInt(integer)) * 0x9e3779b1n)
      state = low((state ^ (state >> 16n)) * 0x85ebca6bn)
      state = low((state ^ (state >> 13n)) * 0xc2b2ae35n)
      state ^= state >> 16n
    }
    return state >> 20n
  }
  const modulo = (x: bigint) => ((x % 4096n) + 4096n) % 4096n
  const s = [0, 1, 2, 3].map((column) => {
    const rows = [0, 1, 2, 3].map((digit) => digit * 64 + (Math.floor(seed / 64 ** digit) % 64))
    return modulo(rows.reduce((sum, row) => sum + hash(4 * row + column), 0n)) - 2048n
  })
  const word = (axis: number, count: number, which: number, place: number) => {
    const [a, b, c] = [0, 1, 2].map((part) => hash(layer, axis, part, place * count + which)) as [
      bigint,
      bigint,
      bigint,
    ]
    return modulo(a * s[2 * axis]! + b * s[2 * axis + 1]! + c)
  }
  return Array.from({ length: positions * channels }, (_, i) => {
    const [p, k] = [Math.floor(i / channels), i % channels]
    const y = (which: number) => word(1, 2, which, k) - 2048n
    const u = modulo(word(0, 3, 0, p) * y(0) + word(0, 3, 1, p) * y(1))
    return Number(u) + Number(word(0, 3, 2, p)) / 4096 < rate * 4096 ? 1 : 0
  })
}
