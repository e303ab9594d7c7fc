import type { NDArray } from './array.ts'

/** What makes an object a tensor of tfjs, without depending on tfjs. */
export interface TensorLike {
  readonly dataId: object
  readonly shape: readonly number[]
  readonly dtype: string
}

/** The same tree with host arrays in place of tensors. */
export type ArraysOf<T> = T extends TensorLike
  ? NDArray
  : T extends undefined
    ? undefined
    : { readonly [K in keyof T]: ArraysOf<T[K]> }

/** A function of tensors made callable with host arrays. */
export interface Compiled<Args extends readonly unknown[], Out> {
  (...args: ArraysOf<Args>): Promise<ArraysOf<Out>>
  /** As the call itself, but writes the results into `out`, arrays of the right shapes that the arguments do not share. */
  into(out: ArraysOf<Out>, ...args: ArraysOf<Args>): Promise<void>
  /** Frees what the engine holds. A later call compiles anew. */
  dispose(): Promise<void>
}

/**
 * Ways to run a function of tensors on host arrays: `jit` of `@cascade-diffusion/jit` compiles it,
 * `eager` of `@cascade-diffusion/ops` runs it on the registered tfjs backend.
 * Arguments and results are trees: a tensor, or lists and records of trees.
 */
export type Compile = <Args extends readonly unknown[], Out>(fn: (...args: Args) => Out) => Compiled<Args, Out>

/** Whether a value is a host array: the leaves of arguments and results. */
export const isNDArray = (x: unknown): x is NDArray =>
  typeof x === 'object' && x !== null && ArrayBuffer.isView((x as NDArray).data) && Array.isArray((x as NDArray).shape)
