import { flatten, isNDArray, type NDArray, type Tree } from '@cascade-diffusion/arrays'
import type { SampleOptions } from './sample-options.ts'
import type { Sampler } from './sampler.ts'

/** @throws if the images, the condition and the shape do not fit together, or hold a value that is not finite. */
export function checkInput<C>(options: SampleOptions<C>, { name, upwards }: Sampler): void {
  const { shape, initial, initialStep, condition, firstIndex = 0 } = options
  if (shape.length !== 4 || !shape.every((d) => Number.isInteger(d) && d > 0))
    throw new Error(`sample: expected a shape [n, height, width, channels] of positive integers, got [${shape}]`)
  if (!(Number.isSafeInteger(firstIndex) && firstIndex >= 0))
    throw new Error(`sample: expected a firstIndex of at least 0, got ${firstIndex}`)
  if (initial) checkImages(initial, shape, 'initial images')
  else if (upwards) throw new Error(`sample: expected initial images for ${name}, which goes upwards, got none`)
  else if (initialStep !== undefined)
    throw new Error(`sample: expected initial images for the initialStep ${initialStep}, got none`)
  const { leaves, shape: tree } = flatten<NDArray>(condition as Tree<NDArray>, isNDArray)
  for (const [i, leaf] of leaves.entries()) {
    const name = `condition '${tree.paths[i]}'`
    if (leaf.shape[0] !== shape[0])
      throw new Error(`sample: expected ${name} for ${shape[0]} images, got [${leaf.shape}]`)
    checkFinite(leaf, name)
  }
}

/** @throws unless images are finite float32 of a shape. */
export function checkImages(images: NDArray, shape: readonly number[], name: string): void {
  if (images.dtype !== 'float32' || String(images.shape) !== String(shape))
    throw new Error(`sample: expected ${name} float32 [${shape}], got ${images.dtype} [${images.shape}]`)
  checkFinite(images, name)
}

/** @throws if a value is NaN or infinite. */
export function checkFinite({ data }: NDArray, name: string): void {
  for (let i = 0; i < data.length; i++)
    if (!Number.isFinite(data[i])) throw new Error(`sample: expected ${name} of finite values, got ${data[i]} at ${i}`)
}
