import {
  type ArgumentsOf,
  type ArraysOf,
  allocate,
  type Compiled,
  type DeviceArray,
  type DeviceArraysOf,
  type DType,
  flatten,
  isDeviceArray,
  isNDArray,
  type NDArray,
  type Tree,
  type TreeShape,
  takeArguments,
} from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'
import { correctCpuKernels } from './cpu-corrections.ts'

const isTensor = (x: unknown): x is tf.Tensor => x instanceof tf.Tensor

/** The tensors of device arrays that are not disposed of. */
const tensors = new WeakMap<DeviceArray, tf.Tensor>()

/** Options of {@link eager}. */
export interface EagerOptions {
  /**
   * The tfjs backend: `cpu`, `wasm`, `tensorflow`, …, registered by importing its package. Default: the current one.
   */
  readonly backend?: string
}

/**
 * Runs a function of tensors on arrays with a tfjs backend, operation by operation. Tensors are made from the arguments
 * and disposed of after the call; only results left on the device stay.
 * On tfjs's cpu backend `maxPool`, `dilation2d`, `argMax`, `argMin` and `topk` are corrected for NaN, and indices for
 * places outside of their axis, as in compiled functions. The corrections hold for the whole process.
 * @param fn a synchronous function. It may capture tensors, which stay yours.
 * @throws (the returned function) if the backend is not there or does not start, or a result is neither float32, int32
 * nor bool; `into` also if `out` does not fit the results.
 */
export function eager<Args extends readonly unknown[], Out>(
  fn: (...args: Args) => Out,
  { backend }: EagerOptions = {},
): Compiled<Args, Out> {
  const run = async <R>(args: readonly unknown[], use: (results: Tensors) => Promise<R>): Promise<R> => {
    const { leaves, shape, disposeDonated } = takeArguments(args)
    if (backend !== undefined && !tf.findBackend(backend)) await start(backend)
    correctCpuKernels()
    const known = leaves.map((x) => (isDeviceArray(x) ? (tensors.get(x) ?? x) : x))
    // An array of another device is read to the host first.
    const values = known.some(isDeviceArray)
      ? await Promise.all(known.map((x) => (isDeviceArray(x) ? x.read() : x)))
      : (known as (NDArray | tf.Tensor)[])
    const made: tf.Tensor[] = []
    const toTensor = ({ data, shape, dtype }: NDArray) => {
      const tensor = tf.tensor(data, [...shape], dtype)
      made.push(tensor)
      return tensor
    }
    try {
      const results = on(backend, () => {
        prepareBackend()
        const inputs = values.map((x) => (isTensor(x) ? x : toTensor(x)))
        return compute(() => fn(...(shape.rebuild(inputs) as unknown as Args)))
      })
      const result = await use(results)
      disposeDonated()
      return result
    } finally {
      tf.dispose(made)
    }
  }
  const call = (...args: ArgumentsOf<Args>) =>
    run(args, async (results) => results.shape.rebuild(await read(results)) as ArraysOf<Out>)
  const into = (out: ArraysOf<Out>, ...args: ArgumentsOf<Args>) =>
    run(args, async (results) => {
      const leaves = await read(results)
      const targets = fitting(out as Tree<NDArray>, { leaves, shape: results.shape })
      targets.forEach((target, i) => void target.data.set(leaves[i]!.data))
    })
  const onDevice = (...args: ArgumentsOf<Args>) =>
    run(args, async ({ leaves, shape }) => shape.rebuild(leaves.map(toDeviceArray)) as DeviceArraysOf<Out>)
  return Object.assign(call, { into, onDevice, dispose: async () => {} })
}

/** Starts a backend. The current one stays the current one. */
async function start(backend: string): Promise<void> {
  if (!tf.findBackendFactory(backend))
    throw new CascadeError(
      'input',
      `eager: expected a registered tfjs backend, got '${backend}'; import its package first`,
    )
  const before: string | undefined = tf.engine().backendName
  const started = await tf.setBackend(backend)
  if (before) await tf.setBackend(before)
  if (!started) throw new CascadeError('input', `eager: the tfjs backend '${backend}' does not start here`)
}

/** Does synchronous work on a started backend. */
function on<T>(backend: string | undefined, work: () => T): T {
  const before: string | undefined = tf.engine().backendName
  if (backend === undefined || backend === before) return work()
  void tf.setBackend(backend)
  try {
    return work()
  } finally {
    if (before) void tf.setBackend(before)
  }
}

/** @throws if no backend was imported, or the current one does not work. */
function prepareBackend(): void {
  let backend: { firstUse?: boolean }
  try {
    backend = tf.backend() as { firstUse?: boolean }
  } catch (cause) {
    const { message } = cause as Error
    throw new CascadeError(
      'input',
      `eager: expected a backend of tfjs; import '@tensorflow/tfjs-backend-cpu', for example (${message})`,
      {
        cause,
      },
    )
  }
  // In Node.js tfjs's cpu backend advertises another package at its first write, unless `firstUse` is false.
  if (backend.firstUse) backend.firstUse = false
}

interface Tensors {
  leaves: tf.Tensor[]
  shape: TreeShape
}

/** Calls `fn` and returns the tensors of its result, which the caller disposes of. */
function compute(fn: () => unknown): Tensors {
  let shape!: TreeShape
  const leaves = tf.tidy(() => {
    const result = flatten<tf.Tensor>(fn() as Tree<tf.Tensor>, isTensor)
    shape = result.shape
    result.leaves.forEach(({ dtype }, i) => {
      if (dtype === 'complex64' || dtype === 'string')
        throw new CascadeError(
          'input',
          `eager: expected float32, int32 or bool at '${shape.paths[i]}' of the result, got ${dtype}`,
        )
    })
    // Clones: a result may be an argument, or a captured tensor that is not ours to dispose of.
    return result.leaves.map((y) => tf.clone(y))
  })
  return { leaves, shape }
}

/** Copies tensors to the host and disposes of them. */
async function read({ leaves }: Tensors): Promise<NDArray[]> {
  try {
    return await Promise.all(leaves.map(toArray))
  } finally {
    tf.dispose(leaves)
  }
}

async function toArray(y: tf.Tensor): Promise<NDArray> {
  const dtype = y.dtype as DType
  // A copy: on the cpu backend the values may be the very array that the caller passed.
  const data = allocate(dtype, y.size)
  data.set(await y.data())
  return { dtype, shape: [...y.shape], data }
}

function toDeviceArray(tensor: tf.Tensor): DeviceArray {
  const array: DeviceArray = {
    dtype: tensor.dtype as DType,
    shape: [...tensor.shape],
    read: () => toArray(tensor),
    dispose: () => {
      tensors.delete(array)
      tensor.dispose()
    },
  }
  tensors.set(array, tensor)
  return array
}

interface Results {
  leaves: NDArray[]
  shape: TreeShape
}

/** The leaves of `out`. @throws if they do not fit the results. */
function fitting(out: Tree<NDArray>, results: Results): NDArray[] {
  const { leaves, shape } = flatten<NDArray>(out, isNDArray)
  const list = (paths: readonly string[]) => paths.map((path) => `'${path}'`).join(', ')
  if (shape.paths.join() !== results.shape.paths.join())
    throw new CascadeError(
      'input',
      `eager: expected arrays ${list(results.shape.paths)} to write into, got ${list(shape.paths)}`,
    )
  const describe = (a: NDArray) => `${a.dtype} [${a.shape}]`
  for (const [i, target] of leaves.entries()) {
    const result = results.leaves[i]!
    if (describe(target) !== describe(result))
      throw new CascadeError(
        'input',
        `eager: expected ${describe(result)} to write '${shape.paths[i]}' into, got ${describe(target)}`,
      )
  }
  return leaves
}
