import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'

/** Images in bytes, 0 (black) to 255: one as [height, width, channels] or several as [n, height, width, channels]. */
export interface ByteImages {
  readonly shape: readonly number[]
  /** Row-major, channels last. */
  readonly data: Uint8Array
}

/**
 * Images of [-1, 1] in bytes: (x + 1) · 127.5, clipped and rounded, so that what `batch` made of bytes comes back as it
 * was. (guided-diffusion cuts the fraction off instead.)
 * @throws if a value is not finite: a picture would hide it.
 */
export function toUint8({ shape, data }: NDArray<'float32'>): ByteImages {
  const bad = data.findIndex((x) => !Number.isFinite(x))
  if (bad >= 0)
    throw new CascadeError('input', `images: expected finite values, got ${data[bad]} at ${bad} of [${shape}]`)
  const bytes = new Uint8ClampedArray(data.length) // clips and rounds
  for (let i = 0; i < data.length; i++) bytes[i] = (data[i]! + 1) * 127.5
  return { shape: [...shape], data: new Uint8Array(bytes.buffer) }
}

/** The images one by one, [height, width, channels] each, of one or of several; views of the same memory if in bytes. */
export function separate(images: ByteImages | NDArray<'float32'>): ByteImages[] {
  const told = images as Partial<NDArray>
  if (!(images.data instanceof Uint8Array) && told.dtype !== 'float32')
    throw new CascadeError(
      'input',
      `images: expected bytes, as toUint8 gives them, or a float32 array, got ${shown(images.data)}`,
    )
  const { shape, data } =
    images.data instanceof Uint8Array ? (images as ByteImages) : toUint8(images as NDArray<'float32'>)
  const [n, ...image] = shape.length === 3 ? [1, ...shape] : shape
  const channels = image[2]
  if (image.length !== 3 || (channels !== 1 && channels !== 3))
    throw new CascadeError('input', `images: expected [height, width, 1 or 3], or several such, got [${shape}]`)
  const size = sizeOf(image)
  return Array.from({ length: n! }, (_, i) => ({ shape: image, data: data.subarray(i * size, (i + 1) * size) }))
}
