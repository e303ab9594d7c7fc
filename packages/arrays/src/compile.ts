import type { NDArray } from './array.ts'
import type { DeviceArray } from './device-array.ts'

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

/** The same tree with an array on a device in place of each tensor. */
export type DeviceArraysOf<T> = T extends TensorLike
  ? DeviceArray
  : T extends undefined
    ? undefined
    : { readonly [K in keyof T]: DeviceArraysOf<T[K]> }

/** The same tree with an array in place of each tensor, on the host or on a device. */
export type ArgumentOf<T> =
  | ArraysOf<T>
  | DeviceArraysOf<T>
  | (T extends TensorLike
      ? NDArray | DeviceArray
      : T extends undefined
        ? undefined
        : { readonly [K in keyof T]: ArgumentOf<T[K]> })

/** What a compiled function takes: {@link ArgumentOf} each argument. */
export type ArgumentsOf<Args extends readonly unknown[]> = { readonly [K in keyof Args]: ArgumentOf<Args[K]> }

/** A function of tensors made callable with arrays, of the host or of a device. */
export interface Compiled<Args extends readonly unknown[], Out> {
  (...args: ArgumentsOf<Args>): Promise<ArraysOf<Out>>
  /** As the call itself, but writes the results into `out`, arrays of the right shapes that the arguments do not share. */
  into(out: ArraysOf<Out>, ...args: ArgumentsOf<Args>): Promise<void>
  /**
   * As the call itself, but leaves the results where they are computed: a state that goes from call to call is then not
   * copied. Whoever calls disposes of them, or gives them up as an argument by `donate`.
   */
  onDevice(...args: ArgumentsOf<Args>): Promise<DeviceArraysOf<Out>>
  /** Frees what the engine holds; results left on the device cannot be used afterwards. A later call compiles anew. */
  dispose(): Promise<void>
}

/**
 * Ways to run a function of tensors on host arrays: `jit` of `@cascade-diffusion/jit` compiles it,
 * `eager` of `@cascade-diffusion/ops` runs it on the registered tfjs backend.
 * Arguments and results are trees: a tensor, or lists and records of trees.
 */
export type Compile = <Args extends readonly unknown[], Out>(fn: (...args: Args) => Out) => Compiled<Args, Out>
