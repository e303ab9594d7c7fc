import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'

/** Options of {@link dropout}. */
export interface DropoutOptions {
  /** The share of values that is dropped, 0 ≤ rate < 1. At 0 nothing is computed. */
  rate: number
  /**
   * The number of this dropout in its network, an integer from 0. Each number draws another mask from the same seeds.
   * Default 0.
   */
  layer?: number
}

/**
 * Dropout (Srivastava et al. 2014): each value becomes 0 with probability `rate`; the others are divided by 1 - rate.
 * The mask is a pure function of the seed of an example, the layer and the place of a value. It is the same in every
 * batch, on every engine and backend, and when it is computed again ({@link recompute}). It takes a dozen operations of
 * the size of x and no host array: u = frac(x₁y₁ + x₂y₂) < rate, with x₁, x₂ of 12 bits for each position and y₁, y₂
 * for each channel. They are such products themselves, of hashes of the place and of the seed. All numbers are integers
 * below 2²⁴ over a power of two, which float32 adds and multiplies exactly.
 * @param x [N, …, C].
 * @param seeds int32 [N], integers from 0 to 2²⁴ - 1. Different seeds draw independent masks.
 * @throws if the rate is not in [0, 1), the layer is not an integer from 0, or the seeds have another shape or type.
 */
export function dropout<T extends tf.Tensor>(x: T, seeds: tf.Tensor1D, { rate, layer = 0 }: DropoutOptions): T {
  if (!(rate >= 0 && rate < 1))
    throw new CascadeError('input', `dropout: expected a rate from 0 to below 1, got ${rate}`)
  if (!(Number.isSafeInteger(layer) && layer >= 0))
    throw new CascadeError('input', `dropout: expected a layer from 0, got ${layer}`)
  if (x.rank < 2) throw new CascadeError('input', `dropout: expected x of shape [N, …, C], got [${x.shape}]`)
  if (seeds.dtype !== 'int32' || `${seeds.shape}` !== `${x.shape[0]}`)
    throw new CascadeError(
      'input',
      `dropout: expected int32 seeds [${x.shape[0]}], got ${seeds.dtype} [${seeds.shape}]`,
    )
  if (rate === 0) return x
  return masked(rate, layer)(x, seeds) as T
}

/** x times its mask, which is constant for gradients. The seeds are an argument so that `recompute` sees them. */
const masked = (rate: number, layer: number) =>
  tf.customGrad((...given) => {
    const [x, seeds, save] = given as unknown as [tf.Tensor, tf.Tensor1D, tf.GradSaveFunc]
    const mask = tf.mul(tf.cast(kept(x.shape, seeds, rate, layer), 'float32'), 1 / (1 - rate))
    save([mask])
    return {
      value: tf.mul(x, mask),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.mul(dy, saved[0]!), tf.zeros(seeds.shape)],
    }
  })

/** Which values stay: bool, of the shape of x. */
function kept(shape: readonly number[], seeds: tf.Tensor1D, rate: number, layer: number): tf.Tensor {
  const [n, ...places] = shape as [number, ...number[]]
  const channels = places.pop()!
  const positions = places.reduce((product, size) => product * size, 1)
  const [s1, s2, s3, s4] = tf.split(seedWords(seeds), 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
  const [x1, x2, finer] = tf
    .split(placeWords(positions, 3, [layer, 0], s1, s2), 3, 2)
    .map((word) => tf.reshape(word, [n, ...places, 1])) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const [y1, y2] = tf
    .split(signed(placeWords(channels, 2, [layer, 1], s3, s4)), 2, 2)
    .map((word) => tf.reshape(word, [n, ...places.map(() => 1), channels])) as [tf.Tensor, tf.Tensor]
  const u = fraction(tf.add(tf.mul(x1, y1), tf.mul(x2, y2)))
  // u has 12 bits. The third number of a position is the 12 bits after them, which makes the rate exact.
  return tf.greaterEqual(u, tf.sub(rate, tf.mul(finer, UNIT)))
}

/** Numbers of 12 bits: multiples of this in [0, 1), or integers from -2048 to 2047. */
const UNIT = 2 ** -12
const fraction = (x: tf.Tensor): tf.Tensor => tf.sub(x, tf.floor(x))
const signed = (x: tf.Tensor): tf.Tensor => tf.sub(tf.mul(x, 4096), 2048)

/**
 * Four integers of 12 bits for each seed, [N, 4], by tabulation hashing: each 6 bits of the seed choose a row of a
 * random table, and the rows are added (Carter & Wegman 1979). The integers of any three seeds are independent.
 */
function seedWords(seeds: tf.Tensor1D): tf.Tensor {
  const [digits, size] = [4, 64]
  const shifted = tf.mul(
    tf.reshape(tf.cast(seeds, 'float32'), [-1, 1]),
    Array.from({ length: digits }, (_, i) => size ** -i),
  )
  const digit = tf.mul(fraction(tf.mul(tf.floor(shifted), 1 / size)), size)
  const row = tf.add(
    digit,
    Array.from({ length: digits }, (_, i) => i * size),
  )
  const table = Float32Array.from({ length: digits * size * 4 }, (_, i) => hashed(i) * UNIT)
  const rows = tf.gather(tf.tensor2d(table, [digits * size, 4]), tf.cast(row, 'int32'))
  return signed(fraction(tf.sum(rows, 1)))
}

/**
 * `count` multiples of 2⁻¹² in [0, 1) for each place 0 … length - 1 and example, [N, length, count]: frac(a s + b s' +
 * c).
 */
function placeWords(length: number, count: number, key: readonly number[], s: tf.Tensor, t: tf.Tensor): tf.Tensor {
  const [a, b, c] = [0, 1, 2].map((which) => {
    const values = Float32Array.from({ length: length * count }, (_, i) => hashed(...key, which, i) * UNIT)
    return tf.tensor3d(values, [1, length, count])
  }) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const [u, v] = [s, t].map((word) => tf.reshape(word, [-1, 1, 1])) as [tf.Tensor, tf.Tensor]
  return fraction(tf.add(tf.add(tf.mul(a, u), tf.mul(b, v)), c))
}

/** 12 bits of some integers, by the finaliser of MurmurHash3 of each in turn. */
function hashed(...integers: number[]): number {
  let h = integers.length
  for (const integer of integers) {
    h = Math.imul(h ^ integer, 0x9e3779b1)
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    h ^= h >>> 16
  }
  return h >>> 20
}
