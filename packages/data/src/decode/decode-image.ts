import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { convertChannels } from './convert-channels.ts'

/** How encoded images become pixels: a JSON value. */
export interface DecodeOptions {
  /** The channels of the result: 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA); images of others are converted. Default 3. */
  readonly channels?: number
  /** Whether an image is turned upright as its EXIF orientation says. Default true. */
  readonly orientation?: boolean
}

/**
 * Decodes an image: JPEG, PNG, WebP, AVIF, TIFF, or the first frame of a GIF. Colour profiles are ignored, as in Pillow.
 * @param name what errors call it.
 * @returns bytes [height, width, channels].
 * @throws {CascadeError} of code `data` that names the image if it cannot be decoded.
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: DecodeOptions = {},
  name = 'decodeImage',
): Promise<ByteImages> {
  const { channels = 3, orientation = true } = options
  const { default: sharp } = await import('sharp')
  try {
    const { data, info } = await sharp(bytes, { ignoreIcc: true, autoOrient: orientation })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length)
    return convertChannels({ shape: [info.height, info.width, info.channels], data: pixels }, channels)
  } catch (cause) {
    throw new CascadeError('data', `${name}: could not be decoded: ${(cause as Error).message}`, { cause })
  }
}
