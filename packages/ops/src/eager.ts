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

/** The tensors behind device arrays, until these are disposed of. */
const tensors = new WeakMap<DeviceArray, tf.Tensor>()

/** Options of {@link eager}. */
export interface EagerOptions {
  /** The tfjs backend that computes, registered by importing its package: `cpu`, `wasm`, `tensorflow`, …; by default the current one. */
  readonly backend?: string
}

/**
 * Runs a function of tensors on arrays with a tfjs backend, operation by operation.
 * Nothing is kept between calls but results left on the device: other tensors are made from the arguments, and disposed of.
 * On tfjs's cpu backend `maxPool`, `dilation2d`, `argMax`, `argMin` and `topk` are put right where there is NaN, and indices where they are
 * beyond their axis, as compiled functions have them; for all who use the backend.
 * `fn` must be synchronous; tensors that it captures stay their owner's.
 * @throws (the returned function) if the backend is not there or does not start; if a result is neither float32, int32 nor
 * bool; `into` also if `out` does not fit the results.
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
    // What lies on another device comes by way of the host.
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

/** Starts a backend, and leaves the current one current. */
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

/** Does synchronous work on a backend that has been started. */
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
      `eager: expected a backend of tfjs; import '@tensorflow/tfjs-backend-cpu', say (${message})`,
      {
        cause,
      },
    )
  }
  // In Node.js tfjs's cpu backend advertises another package when it is first written to, unless it takes itself for used.
  if (backend.firstUse) backend.firstUse = false
}

interface Tensors {
  leaves: tf.Tensor[]
  shape: TreeShape
}

/** Calls `fn` and gives the tensors of its result, for the caller to dispose of. */
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
    // Clones, because a result may be an argument or a tensor that is not ours to dispose of.
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
  // A copy: on the cpu backend the values may be the very array that the caller passed in.
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

/** The leaves of `out`, checked against the results. */
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
