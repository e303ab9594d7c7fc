import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ImageDataset } from './image-dataset.ts'

/**
 * Makes square images [n, k·size, k·size, channels] smaller: each new pixel is the mean of a block of k × k.
 * The result is [n, size, size, channels].
 * @throws a "wrong image size" error if the images are not square or k is not whole.
 */
export function resizeArea(images: NDArray<'float32'>, size: number): NDArray<'float32'> {
  const shape = resizedShape(images.shape, size)
  return ndarray(averageBlocks(images.data, images.shape, size, Float32Array), shape)
}

/** The data set with its images made smaller as by {@link resizeArea}, and rounded to bytes. */
export function resized(dataset: ImageDataset, size: number): ImageDataset {
  const { shape, data } = dataset.images
  const bytes = averageBlocks(data, shape, size, Uint8ClampedArray)
  return { ...dataset, images: { shape: resizedShape(shape, size), data: new Uint8Array(bytes.buffer) } }
}

function resizedShape([n, height, width, channels]: readonly number[], size: number): number[] {
  if (!(height === width && Number.isInteger(size) && size >= 1 && height! % size === 0))
    throw new CascadeError(
      'input',
      `wrong image size: expected a square of a whole multiple of ${size}, got ${height} × ${width}`,
    )
  return [n!, size, size, channels!]
}

function averageBlocks<A extends Float32Array | Uint8ClampedArray>(
  data: ArrayLike<number>,
  shape: readonly number[],
  size: number,
  Out: new (length: number) => A,
): A {
  const [n, , , channels] = resizedShape(shape, size) as [number, number, number, number]
  const side = shape[1]!
  const k = side / size
  const out = new Out(n * size * size * channels)
  let at = 0
  for (let i = 0; i < n; i++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        for (let c = 0; c < channels; c++) {
          let sum = 0
          for (let dy = 0; dy < k; dy++) {
            const start = ((i * side + y * k + dy) * side + x * k) * channels + c
            for (let dx = 0; dx < k; dx++) sum += data[start + dx * channels]!
          }
          out[at++] = sum / (k * k)
        }
  return out
}
