import { CascadeError, isCascadeError, shown } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { convertChannels } from './convert-channels.ts'
import { decodeBmp } from './decode-bmp.ts'
import { decodeGif } from './decode-gif.ts'
import { checkDecoding, type DecodeOptions, type Decoding } from './decode-options.ts'
import { decodePnm } from './decode-pnm.ts'
import { decodeSharp } from './decode-sharp.ts'
import { decodeTurbo } from './decode-turbo.ts'
import { formatOf, jpegHeader } from './headers.ts'
import { newRoom, type Room } from './room.ts'

export type { DecodeOptions } from './decode-options.ts'

/**
 * Decodes an image: JPEG, PNG, WebP, AVIF, TIFF, GIF, BMP, PPM or PGM; of several frames or pages, the first. The
 * bytes are those of Pillow's `ImageOps.exif_transpose(image).convert('RGB')`: colour profiles are ignored, and so is
 * alpha, unless channels for it are asked for. Others are those of AVIF, whose subsampled colours are interpolated in
 * another way, and of 16 bits of grey, of which the upper 8 are taken (Pillow clips them at 255).
 *
 * JPEG, PNG, WebP, AVIF and TIFF are decoded by sharp. Its cache is turned off and its operations get one thread each,
 * for the whole process: many images are decoded at a time.
 * @param name what errors call it.
 * @returns bytes [height, width, channels].
 * @throws {CascadeError} of code `data` that names the image if it is damaged, cut off, of another format, or larger
 * than `maxPixels`; of code `unsupported` if `fast` is asked for and `@julusian/jpeg-turbo` is not installed.
 */
export function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}, name = 'decodeImage'): Promise<ByteImages> {
  return decodeInto(newRoom, bytes, options, name)
}

/** As {@link decodeImage}; the pixels may be put where `room` says. */
export async function decodeInto(
  room: Room,
  bytes: Uint8Array,
  options: DecodeOptions,
  name: string,
): Promise<ByteImages> {
  const decoding = checkDecoding(name, options)
  if (!(bytes instanceof Uint8Array))
    throw new CascadeError('input', `${name}: expected the bytes of an image, got ${shown(bytes)}`)
  try {
    return convertChannels(await decoded(bytes, decoding, room), decoding.channels)
  } catch (cause) {
    if (isCascadeError(cause, 'unsupported')) throw cause
    throw new CascadeError('data', `${name}: could not be decoded: ${reasonOf(cause as Error)}`, { cause })
  }
}

/** An image with the channels that it has. */
async function decoded(bytes: Uint8Array, decoding: Decoding, room: Room): Promise<ByteImages> {
  const format = formatOf(bytes)
  if (format === undefined) {
    if (bytes.length === 0) throw new Error('expected an image, got no bytes')
    const start = Buffer.from(bytes.subarray(0, 8)).toString('hex')
    throw new Error(
      `expected a JPEG, PNG, WebP, AVIF, TIFF, GIF, BMP, PPM or PGM file, got bytes that begin with ${start}`,
    )
  }
  if (format === 'bmp') return decodeBmp(bytes, decoding)
  if (format === 'gif') return decodeGif(bytes, decoding)
  if (format === 'pnm') return decodePnm(bytes, decoding)
  if (format === 'jpeg' && decoding.fast) return decodeTurbo(bytes, jpegHeader(bytes), decoding, room)
  return decodeSharp(bytes, format, decoding)
}

/** sharp reports in several lines, of which the last is the error. Threads share its text, so that it may be gone. */
function reasonOf({ message }: Error): string {
  const last = message.trim().split('\n').at(-1)!
  return /^(Unknown error)?$/.test(last) ? 'it is damaged or cut off' : last
}
