import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'

/**
 * An operand that lies in memory in any order: the traced function gets it as an argument with the axes in
 * another order and transposes it, which moves nothing.
 */
export interface Operand {
  /** As the operation sees it. */
  readonly shape: readonly number[]
  /** The axis of the argument that each axis is. */
  readonly perm: readonly number[]
}

export const dimension = fc.integer({ min: 1, max: 4 })

/** Shapes of `min` to `max` axes with lengths 1 to 4. */
export const shapes = (min = 0, max = 4): fc.Arbitrary<number[]> =>
  fc.array(dimension, { minLength: min, maxLength: max })

/** An operand of a shape in any order of axes. */
export const operand = (shape: readonly number[]): fc.Arbitrary<Operand> => {
  const axes = shape.map((_, i) => i)
  return fc.shuffledSubarray(axes, { minLength: axes.length }).map((perm) => ({ shape, perm }))
}

/** Operands of `min` to `max` axes. */
export const operands = (min = 0, max = 4): fc.Arbitrary<Operand> => shapes(min, max).chain(operand)

/** Two operands that broadcast, each lacking some leading axes or having length 1 in some. */
export const pairs: fc.Arbitrary<readonly [Operand, Operand]> = shapes().chain((shape) => {
  const part = fc
    .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
    .chain(([missing, ones]) => operand(shape.map((d, i) => (ones[i] ? 1 : d)).slice(missing)))
  const suffix = fc.nat(shape.length).chain((missing) => operand(shape.slice(missing)))
  const whole = operand(shape)
  return fc.oneof(fc.tuple(part, part), fc.tuple(whole, part), fc.tuple(part, whole), fc.tuple(whole, suffix))
})

/** An axis of an operand, counted from either end. */
export const axis = (rank: number): fc.Arbitrary<number> => fc.integer({ min: -rank, max: rank - 1 })

/** Other shapes of as many elements. */
export const regrouped = (shape: readonly number[]): fc.Arbitrary<number[]> => {
  const factors = shape.flatMap((d) => (d === 4 ? [2, 2] : [d]))
  return fc
    .tuple(
      fc.shuffledSubarray(factors, { minLength: factors.length }),
      fc.boolean(),
      fc.array(fc.boolean(), { minLength: factors.length, maxLength: factors.length }),
    )
    .map(([shuffled, keep, joins]) => {
      const to: number[] = []
      // In order, axes merge and split in place; shuffled, they mostly do not.
      for (const [i, d] of (keep ? factors : shuffled).entries()) {
        const joined = joins[i] ? to.pop() : undefined
        to.push(d * (joined ?? 1))
      }
      return to
    })
}

export const seeds = fc.nat(1_000_000)

/** The shape of the argument that an operand is given as. */
const argumentShape = ({ shape, perm }: Operand): number[] => {
  const stored = [...shape]
  perm.forEach((from, i) => {
    stored[from] = shape[i] as number
  })
  return stored
}

/** The argument in its place in a traced function. */
export const lay = <T extends tf.Tensor = tf.Tensor>(x: tf.Tensor, { perm }: Operand): T =>
  (perm.length < 2 ? x : tf.transpose(x, [...perm])) as T

const drawn = (x: Operand, seed: number, label: string) => ({ key: rng(seed).fold(label), shape: argumentShape(x) })

/** Standard normal numbers for an operand. */
export const normal = (x: Operand, seed: number, label = 'x'): NDArray<'float32'> => {
  const { key, shape } = drawn(x, seed, label)
  return key.normal(shape)
}

/** Numbers between two bounds for an operand. */
export const between = (low: number, high: number, x: Operand, seed: number, label = 'x'): NDArray<'float32'> => {
  const { key, shape } = drawn(x, seed, label)
  return ndarray(
    key.uniform(shape).data.map((u) => low + (high - low) * u),
    shape,
  )
}

/** Integers from `low` to below `high` for an operand. */
export const integers = (low: number, high: number, x: Operand, seed: number, label = 'x'): NDArray<'int32'> => {
  const { key, shape } = drawn(x, seed, label)
  return key.integers(shape, low, high)
}

/** Booleans for an operand. */
export const booleans = (x: Operand, seed: number, label = 'x'): NDArray<'bool'> => {
  const { key, shape } = drawn(x, seed, label)
  return ndarray(Uint8Array.from(key.integers(shape, 0, 2).data), shape)
}

/** How properties are checked: the same cases every time. */
export const runs = (numRuns = 20, seed = 1): { numRuns: number; seed: number } => ({ numRuns, seed })
