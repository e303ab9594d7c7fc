import { type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { normalPair } from './normal-pair.ts'
import { type Key, threefry } from './threefry.ts'

/**
 * A key. Every draw is a pure function of (key, shape, offset): the same call twice gives the same numbers, so fold in
 * a label for each use. Draws of different kinds, and of keys folded with different labels, are independent.
 * Element i of an array is draw `offset + i`: several machines can each draw their part of one large array.
 */
export interface Rng {
  /** The independent key of a label: a string, or an integer from 0 to 2^53 - 1. `fold(1)` and `fold('1')` differ. */
  fold(label: string | number): Rng
  /** Standard normal numbers (Box-Muller from 32-bit words: at most 6.77 in magnitude). */
  normal(shape: readonly number[], offset?: number): NDArray<'float32'>
  /** Multiples of 2^-24 in [0, 1). */
  uniform(shape: readonly number[], offset?: number): NDArray<'float32'>
  /** Integers x with low ≤ x < high, both within int32 (`high` at most 2^31). */
  integers(shape: readonly number[], low: number, high: number, offset?: number): NDArray<'int32'>
  /** The integers 0 to n - 1 in a random order. */
  permutation(n: number): Int32Array
}

/**
 * The key of a seed, an integer from 0 to 2^53 - 1: Threefry-2x32-20, counter-based, the same to the last bit on every
 * machine and JavaScript engine.
 * @throws if the seed, or later a label, shape, offset or range, is not as described.
 */
export function rng(seed: number): Rng {
  return fromKey(toWords(natural('rng: seed', seed)))
}

/** Kinds of draws: the top byte of the high word of a counter, so that kinds never share a counter. */
const kinds = { normal: 1, uniform: 2, integers: 3, permutation: 4, number: 5, string: 6 } as const

function fromKey(key: Key): Rng {
  /** The words of `count` blocks of one kind, from block `first`. */
  const words = (kind: keyof typeof kinds, first: number, count: number): Uint32Array => {
    const out = new Uint32Array(2 * count)
    const [low, high] = toWords(first)
    threefry(key, low, (kinds[kind] << 24) | high, out)
    return out
  }
  return {
    fold(label) {
      if (typeof label === 'string') return fromKey(foldString(key, label))
      const [k0, k1] = words('number', natural('fold: label', label), 1)
      return fromKey([k0!, k1!])
    },
    normal(shape, offset = 0) {
      const data = new Float32Array(sizeOfShape('normal', shape))
      const odd = natural('normal: offset', offset) % 2
      const bits = words('normal', (offset - odd) / 2, Math.ceil((odd + data.length) / 2))
      for (let i = 0; i < bits.length; i += 2) normalPair(bits[i]!, bits[i + 1]!, data, i - odd)
      return ndarray(data, shape)
    },
    uniform(shape, offset = 0) {
      const data = new Float32Array(sizeOfShape('uniform', shape))
      const odd = natural('uniform: offset', offset) % 2
      const bits = words('uniform', (offset - odd) / 2, Math.ceil((odd + data.length) / 2))
      for (let i = 0; i < data.length; i++) data[i] = (bits[i + odd]! >>> 8) * 2 ** -24
      return ndarray(data, shape)
    },
    integers(shape, low, high, offset = 0) {
      if (!(Number.isInteger(low) && Number.isInteger(high) && -(2 ** 31) <= low && low < high && high <= 2 ** 31))
        throw new CascadeError('input', `integers: expected int32 limits low < high, got ${low}, ${high}`)
      const data = new Int32Array(sizeOfShape('integers', shape))
      const bits = words('integers', natural('integers: offset', offset), data.length)
      for (let i = 0; i < data.length; i++) data[i] = low + below(high - low, bits, i)
      return ndarray(data, shape)
    },
    permutation(n) {
      const order = Int32Array.from({ length: natural('permutation: n', n) }, (_, i) => i)
      const bits = words('permutation', 0, n)
      for (let i = n - 1; i > 0; i--) {
        const j = below(i + 1, bits, i)
        const kept = order[i]!
        order[i] = order[j]!
        order[j] = kept
      }
      return order
    },
  }
}

/** An integer in [0, n) from the 53 leading bits of block i. */
const below = (n: number, bits: Uint32Array, i: number): number =>
  Math.floor(((bits[2 * i]! >>> 5) * 2 ** 26 + (bits[2 * i + 1]! >>> 6)) * 2 ** -53 * n)

/** Chains Threefry over the length and the UTF-8 bytes, four to a counter. Each block is the key of the next. */
function foldString(key: Key, label: string): Key {
  const bytes = new TextEncoder().encode(label)
  const out = Uint32Array.from(key)
  const absorb = (word: number) => threefry([out[0]!, out[1]!], word, kinds.string << 24, out)
  absorb(bytes.length)
  for (let i = 0; i < bytes.length; i += 4)
    absorb(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24))
  return [out[0]!, out[1]!]
}

const toWords = (n: number): Key => [n >>> 0, Math.floor(n / 2 ** 32)]

function natural(what: string, n: number): number {
  if (!(Number.isSafeInteger(n) && n >= 0))
    throw new CascadeError('input', `${what}: expected an integer from 0 to 2^53 - 1, got ${n}`)
  return n
}

function sizeOfShape(what: string, shape: readonly number[]): number {
  if (!Array.isArray(shape) || !shape.every((d) => Number.isSafeInteger(d) && d >= 0))
    throw new CascadeError(
      'input',
      `${what}: expected a shape of integers from 0, got ${Array.isArray(shape) ? `[${shape}]` : String(shape)}`,
    )
  return sizeOf(shape)
}
