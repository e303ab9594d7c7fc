import { type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { isChannels } from './channels.ts'

/**
 * Images in bytes, 0 (black) to 255: one as [height, width, channels] or several as [n, height, width, channels]. The
 * channels are grey, grey and alpha, RGB, or RGBA.
 */
export interface ByteImages {
  readonly shape: readonly number[]
  /** Row-major, channels last. */
  readonly data: Uint8Array
}

/** The number that each byte stands for. */
export const numberOfByte = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1)

/** Images in bytes as numbers from -1 to 1: byte / 127.5 - 1. */
export function fromUint8({ shape, data }: ByteImages): NDArray<'float32'> {
  const numbers = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) numbers[i] = numberOfByte[data[i]!]!
  return ndarray(numbers, shape)
}

/**
 * Images of [-1, 1] in bytes: (x + 1) · 127.5, clipped and rounded. What {@link fromUint8} made of bytes comes back as it was.
 * (guided-diffusion cuts the fraction off instead.)
 * @throws if a value is not finite: a picture would hide it.
 */
export function toUint8({ shape, data }: NDArray<'float32'>): ByteImages {
  const bytes = new Uint8ClampedArray(data.length) // clips and rounds
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!
    if (!Number.isFinite(x))
      throw new CascadeError('input', `images: expected finite values, got ${x} at ${i} of [${shape}]`)
    bytes[i] = (x + 1) * 127.5
  }
  return { shape: [...shape], data: new Uint8Array(bytes.buffer) }
}

/** The images one by one, [height, width, channels] each, of one or of several; views of the same memory if in bytes. */
export function separate(images: ByteImages | NDArray<'float32'>): ByteImages[] {
  const { dtype } = images as Partial<NDArray>
  if (!(images.data instanceof Uint8Array) && dtype !== 'float32')
    throw new CascadeError(
      'input',
      `images: expected bytes, as toUint8 gives them, or a float32 array, got ${shown(images.data)}`,
    )
  const { shape, data } =
    images.data instanceof Uint8Array ? (images as ByteImages) : toUint8(images as NDArray<'float32'>)
  const [n, ...image] = shape.length === 3 ? [1, ...shape] : shape
  const channels = image[2]
  if (image.length !== 3 || !isChannels(channels))
    throw new CascadeError('input', `images: expected [height, width, 1 to 4], or several such, got [${shape}]`)
  const size = sizeOf(image)
  return Array.from({ length: n! }, (_, i) => ({ shape: image, data: data.subarray(i * size, (i + 1) * size) }))
}
