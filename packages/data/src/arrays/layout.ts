import { sizeOf } from '@cascade-diffusion/arrays'
import type { NumpyArray } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { isChannels } from '../images/channels.ts'

/** How images lie in an array. */
export interface ImageLayout {
  readonly count: number
  readonly size: readonly [height: number, width: number]
  readonly channels: number
  /** The bytes of an image. */
  readonly imageBytes: number
  /** Makes an image of its bytes. */
  toImage(bytes: Uint8Array): ByteImages
}

/** How other types become bytes. */
const advice: Readonly<Record<string, string>> = {
  bool: ': save them as 255 * images.astype(np.uint8)',
  float:
    ': save bytes, ((images + 1) * 127.5).round().clip(0, 255).astype(np.uint8) of values from -1 to 1, ' +
    '(images * 255).round().clip(0, 255).astype(np.uint8) of values from 0 to 1',
  int: ': save values from 0 to 255 as images.astype(np.uint8)',
}

/** @throws {CascadeError} of code `data` unless the array is one of images in bytes. */
export function layoutOf(what: string, { type, shape }: NumpyArray, layout: 'NHWC' | 'NCHW'): ImageLayout {
  if (type !== 'uint8') {
    const kind = type === 'bool' ? 'bool' : type.includes('float') ? 'float' : 'int'
    throw new CascadeError('data', `${what}: expected images in bytes, uint8, got ${type} [${shape}]${advice[kind]}`)
  }
  const isFirst = layout === 'NCHW'
  const axes = isFirst ? '[n, 1 to 4 channels, height, width]' : '[n, height, width, 1 to 4 channels]'
  const expected = `${what}: expected images ${axes}, or [n, height, width] in grey`
  if (shape.length !== 3 && shape.length !== 4) throw new CascadeError('data', `${expected}, got [${shape}]`)
  const [count = 0, a = 0, b = 0, c = 1] = shape
  const [height, width, channels] = shape.length === 4 && isFirst ? [b, c, a] : [a, b, c]
  if (!isChannels(channels)) {
    const other = isFirst ? c : a
    const hint = isChannels(other) ? `: layout: '${isFirst ? 'NHWC' : 'NCHW'}' reads them` : ''
    throw new CascadeError('data', `${expected}, got [${shape}]${hint}`)
  }
  if (sizeOf(shape) === 0) throw new CascadeError('data', `${expected}, at least one pixel, got [${shape}]`)
  const imageShape = [height, width, channels]
  const isPlanar = shape.length === 4 && isFirst && channels > 1
  return {
    count,
    size: [height, width],
    channels,
    imageBytes: sizeOf(imageShape),
    toImage: (bytes) => ({ shape: imageShape, data: isPlanar ? interleaved(bytes, channels) : bytes }),
  }
}

/** Channels last, of channels first. */
function interleaved(planes: Uint8Array, channels: number): Uint8Array {
  const pixels = planes.length / channels
  const data = new Uint8Array(planes.length)
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < pixels; i++) data[i * channels + channel] = planes[channel * pixels + i] as number
  return data
}
