import { CascadeError } from '@cascade-diffusion/checks'
import { allocate, type DType, isNDArray, type NDArray } from './array.ts'

/**
 * Images in PyTorch's order of axes, [N,C,H,W], in the order of this framework, [N,H,W,C], copied. Leading axes stay as
 * they are, in any number. (For tensors, `tf.transpose(x, [0, 2, 3, 1])` does the same.)
 * @throws if it is not an array of at least three axes.
 */
export function toNHWC<D extends DType>(images: NDArray<D>): NDArray<D> {
  checkAxes('toNHWC', '[…, channels, height, width]', images)
  const [channels, height, width] = images.shape.slice(-3) as [number, number, number]
  return {
    ...exchanged(images, channels, height * width),
    shape: [...images.shape.slice(0, -3), height, width, channels],
  }
}

/**
 * Images in the order of axes of this framework, [N,H,W,C], in PyTorch's, [N,C,H,W], copied. The inverse of
 * {@link toNHWC}.
 */
export function toNCHW<D extends DType>(images: NDArray<D>): NDArray<D> {
  checkAxes('toNCHW', '[…, height, width, channels]', images)
  const [height, width, channels] = images.shape.slice(-3) as [number, number, number]
  return {
    ...exchanged(images, height * width, channels),
    shape: [...images.shape.slice(0, -3), channels, height, width],
  }
}

/** Every block of rows×columns values, transposed. */
function exchanged<D extends DType>({ dtype, data }: NDArray<D>, rows: number, columns: number) {
  const out = allocate(dtype, data.length)
  const size = rows * columns
  for (let start = 0; start < data.length; start += size)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        out[start + column * rows + row] = data[start + row * columns + column]!
  return { dtype, data: out }
}

function checkAxes(name: string, axes: string, images: NDArray): void {
  if (!isNDArray(images))
    throw new CascadeError('input', `${name}: expected an array ${axes}, made by ndarray, got ${typeof images}`)
  if (images.shape.length < 3)
    throw new CascadeError('input', `${name}: expected an array ${axes}, got [${images.shape}]`)
}
