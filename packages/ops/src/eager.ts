import {
  type ArraysOf,
  allocate,
  type Compile,
  type Compiled,
  type DType,
  flatten,
  isNDArray,
  type NDArray,
  type Tree,
  type TreeShape,
} from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'

const isTensor = (x: unknown): x is tf.Tensor => x instanceof tf.Tensor

/**
 * Runs a function of tensors on host arrays with whichever tfjs backend is current, operation by operation.
 * Nothing is kept between calls: tensors are made from the arguments, the results are copied out, and all are disposed.
 * `fn` must be synchronous; tensors that it captures stay their owner's.
 * @throws (the returned function) if a result is neither float32, int32 nor bool; `into` also if `out` does not fit the results.
 */
export const eager: Compile = <Args extends readonly unknown[], Out>(fn: (...args: Args) => Out) => {
  const run = async (args: readonly unknown[]) => {
    const { leaves, shape } = flatten<NDArray>(args as Tree<NDArray>, isNDArray)
    const inputs = leaves.map((a) => tf.tensor(a.data, [...a.shape], a.dtype))
    try {
      return await read(() => fn(...(shape.rebuild(inputs) as unknown as Args)))
    } finally {
      tf.dispose(inputs)
    }
  }
  const call = async (...args: ArraysOf<Args>) => {
    const { leaves, shape } = await run(args as unknown as readonly unknown[])
    return shape.rebuild(leaves) as ArraysOf<Out>
  }
  const into = async (out: ArraysOf<Out>, ...args: ArraysOf<Args>) => {
    const results = await run(args as unknown as readonly unknown[])
    const targets = fitting(out as Tree<NDArray>, results)
    targets.forEach((target, i) => void target.data.set(results.leaves[i]!.data))
  }
  return Object.assign(call, { into, dispose: async () => {} }) as unknown as Compiled<Args, Out>
}

interface Results {
  leaves: NDArray[]
  shape: TreeShape
}

/** Calls `fn` and copies the tensors of its result to the host. */
async function read(fn: () => unknown): Promise<Results> {
  let shape!: TreeShape
  const outputs = tf.tidy(() => {
    const result = flatten<tf.Tensor>(fn() as Tree<tf.Tensor>, isTensor)
    shape = result.shape
    // Clones, because a result may be an argument or a tensor that is not ours to dispose of.
    return result.leaves.map((y) => tf.clone(y))
  })
  try {
    const leaves = await Promise.all(outputs.map((y, i) => toArray(y, shape.paths[i]!)))
    return { leaves, shape }
  } finally {
    tf.dispose(outputs)
  }
}

async function toArray(y: tf.Tensor, path: string): Promise<NDArray> {
  if (y.dtype === 'complex64' || y.dtype === 'string')
    throw new Error(`eager: expected float32, int32 or bool at '${path}' of the result, got ${y.dtype}`)
  const dtype: DType = y.dtype
  // A copy: on the cpu backend the values may be the very array that the caller passed in.
  const data = allocate(dtype, y.size)
  data.set(await y.data())
  return { dtype, shape: [...y.shape], data }
}

/** The leaves of `out`, checked against the results. */
function fitting(out: Tree<NDArray>, results: Results): NDArray[] {
  const { leaves, shape } = flatten<NDArray>(out, isNDArray)
  const list = (paths: readonly string[]) => paths.map((path) => `'${path}'`).join(', ')
  if (shape.paths.join() !== results.shape.paths.join())
    throw new Error(`eager: expected arrays ${list(results.shape.paths)} to write into, got ${list(shape.paths)}`)
  const describe = (a: NDArray) => `${a.dtype} [${a.shape}]`
  for (const [i, target] of leaves.entries()) {
    const result = results.leaves[i]!
    if (describe(target) !== describe(result))
      throw new Error(`eager: expected ${describe(result)} to write '${shape.paths[i]}' into, got ${describe(target)}`)
  }
  return leaves
}
