import type { NDArray } from './array.ts'
import type { DeviceArray } from './device-array.ts'

/** A tensor of tfjs, without depending on tfjs. */
export interface TensorLike {
  readonly dataId: object
  readonly shape: readonly number[]
  readonly dtype: string
}

/** The same tree with a host array in place of each tensor. */
export type ArraysOf<T> = T extends TensorLike
  ? NDArray
  : T extends undefined
    ? undefined
    : { readonly [K in keyof T]: ArraysOf<T[K]> }

/** The same tree with a device array in place of each tensor. */
export type DeviceArraysOf<T> = T extends TensorLike
  ? DeviceArray
  : T extends undefined
    ? undefined
    : { readonly [K in keyof T]: DeviceArraysOf<T[K]> }

/** The same tree with a host array or a device array in place of each tensor. */
export type ArgumentOf<T> =
  | ArraysOf<T>
  | DeviceArraysOf<T>
  | (T extends TensorLike
      ? NDArray | DeviceArray
      : T extends undefined
        ? undefined
        : { readonly [K in keyof T]: ArgumentOf<T[K]> })

/** The arguments of a compiled function: {@link ArgumentOf} each. */
export type ArgumentsOf<Args extends readonly unknown[]> = { readonly [K in keyof Args]: ArgumentOf<Args[K]> }

/** A function of tensors made callable with host arrays and device arrays. */
export interface Compiled<Args extends readonly unknown[], Out> {
  (...args: ArgumentsOf<Args>): Promise<ArraysOf<Out>>
  /**
   * As the call itself, but writes the results into `out`: arrays of their shapes that share no memory with the
   * arguments.
   */
  into(out: ArraysOf<Out>, ...args: ArgumentsOf<Args>): Promise<void>
  /**
   * As the call itself, but leaves the results on the device. A state that goes from call to call is then not copied.
   * The caller disposes of the results, or gives them to a later call by `donate`.
   */
  onDevice(...args: ArgumentsOf<Args>): Promise<DeviceArraysOf<Out>>
  /**
   * Frees the memory of the engine. Results left on the device cannot be used afterwards. A later call compiles again.
   */
  dispose(): Promise<void>
}

/**
 * A way to run a function of tensors on host arrays: `jit` of `@cascade-diffusion/jit` compiles it, `eager` of
 * `@cascade-diffusion/ops` runs it on the registered tfjs backend. Arguments and results are trees: a tensor, or lists
 * and records of trees.
 */
export type Compile = <Args extends readonly unknown[], Out>(fn: (...args: Args) => Out) => Compiled<Args, Out>
