import { type DType, isNDArray, type NDArray } from './array.ts'
import { flatten, type Tree, type TreeShape } from './tree.ts'

/**
 * An array in the memory of an engine: a result that is not copied to the host, and an argument that is not sent there.
 * The receiver owns it until it is disposed of.
 */
export interface DeviceArray {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Its values on the host. Do not write to them: an engine in host memory returns its own memory. */
  read(): Promise<NDArray>
  /** Gives the memory back to the engine for later results. Disposing twice does nothing. */
  dispose(): void
}

/** Whether a value is a device array. */
export const isDeviceArray = (x: unknown): x is DeviceArray =>
  typeof x === 'object' && x !== null && typeof (x as DeviceArray).read === 'function' && 'dtype' in x && 'shape' in x

const isArray = (x: unknown): x is NDArray | DeviceArray => isNDArray(x) || isDeviceArray(x)

/** Disposes of the device arrays in a tree. Host arrays need no disposal. */
export function disposeAll(tree: unknown): void {
  for (const leaf of flatten(tree as Tree<NDArray | DeviceArray>, isArray).leaves)
    if (isDeviceArray(leaf)) leaf.dispose()
}

interface DonatedArray extends DeviceArray {
  readonly donated: DeviceArray
}

/**
 * The same tree with its device arrays given up: `state = await step.onDevice(donate(state), batch)`. The call may
 * write its results to their memory, and disposes of them once it has succeeded. Do not use them afterwards, whether it
 * succeeds or not. Host arrays stay as they are.
 */
export function donate<T>(tree: T): T {
  const { leaves, shape } = flatten(tree as Tree<NDArray | DeviceArray>, isArray)
  const give = (array: DeviceArray): DonatedArray => ({
    dtype: array.dtype,
    shape: array.shape,
    read: () => array.read(),
    dispose: () => array.dispose(),
    donated: array,
  })
  return shape.rebuild(leaves.map((leaf) => (isDeviceArray(leaf) ? give(leaf) : leaf))) as T
}

/** The arrays in the arguments of a call, for implementations of `Compile`. */
export interface Arguments {
  readonly leaves: readonly (NDArray | DeviceArray)[]
  readonly shape: TreeShape
  /** Which of the leaves were donated; their memory may be written to. */
  readonly donated: readonly boolean[]
  /** Disposes of the donated arrays. Call it when the call has succeeded. */
  disposeDonated(): void
}

/** Flattens the arguments of a call, for implementations of `Compile`. */
export function takeArguments(args: readonly unknown[]): Arguments {
  const { leaves, shape } = flatten(args as Tree<NDArray | DeviceArray>, isArray)
  const donated = leaves.map((leaf) => (leaf as Partial<DonatedArray>).donated)
  return {
    leaves: leaves.map((leaf, i) => donated[i] ?? leaf),
    shape,
    donated: donated.map((array) => array !== undefined),
    disposeDonated: () => {
      for (const array of donated) array?.dispose()
    },
  }
}
