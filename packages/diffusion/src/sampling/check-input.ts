import { flatten, isNDArray, type NDArray, type Tree } from '@cascade-diffusion/arrays'

/** What a run starts from, as it was given. */
interface Input {
  readonly shape: readonly number[]
  readonly initial: NDArray<'float32'> | undefined
  readonly condition: unknown
  readonly firstIndex: number
}

/** @throws if the images, the condition and the shape do not fit together, or hold a value that is not finite. */
export function checkInput({ shape, initial, condition, firstIndex }: Input): void {
  if (shape.length !== 4 || !shape.every((d) => Number.isInteger(d) && d > 0))
    throw new Error(`sample: expected a shape [n, height, width, channels] of positive integers, got [${shape}]`)
  if (!(Number.isSafeInteger(firstIndex) && firstIndex >= 0))
    throw new Error(`sample: expected a firstIndex of at least 0, got ${firstIndex}`)
  if (initial) {
    if (initial.dtype !== 'float32' || String(initial.shape) !== String(shape))
      throw new Error(`sample: expected initial images float32 [${shape}], got ${initial.dtype} [${initial.shape}]`)
    checkFinite(initial, 'initial images')
  }
  const { leaves, shape: tree } = flatten<NDArray>(condition as Tree<NDArray>, isNDArray)
  for (const [i, leaf] of leaves.entries()) {
    const name = `condition '${tree.paths[i]}'`
    if (leaf.shape[0] !== shape[0])
      throw new Error(`sample: expected ${name} for ${shape[0]} images, got [${leaf.shape}]`)
    checkFinite(leaf, name)
  }
}

/** @throws if a value is NaN or infinite. */
export function checkFinite({ data }: NDArray, name: string): void {
  for (let i = 0; i < data.length; i++)
    if (!Number.isFinite(data[i])) throw new Error(`sample: expected ${name} of finite values, got ${data[i]} at ${i}`)
}
