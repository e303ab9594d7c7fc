import type Sharp from 'sharp'
import type { ByteImages } from '../images/byte-images.ts'
import type { Decoding } from './decode-options.ts'
import { type Format, jpegHeader, photometricTag, tiffTag } from './headers.ts'

let loaded: Promise<typeof Sharp> | undefined

/**
 * sharp, with its settings, which are those of the process: images are decoded side by side, and none twice from one
 * buffer.
 */
function loadSharp(): Promise<typeof Sharp> {
  loaded ??= import('sharp').then(({ default: sharp }) => {
    sharp.cache(false)
    sharp.concurrency(1)
    return sharp
  })
  return loaded
}

/** An image with the channels that it has: RGB or RGBA, for grey ones too. */
export async function decodeSharp(bytes: Uint8Array, format: Format, decoding: Decoding): Promise<ByteImages> {
  const sharp = await loadSharp()
  const image = sharp(bytes, {
    ignoreIcc: true,
    autoOrient: decoding.orientation,
    limitInputPixels: decoding.maxPixels,
    sequentialRead: false, // pixels are decoded into memory at once, without a cache of lines
    failOn: 'error', // truncated files fail, but not those that libjpeg warns of: as in Pillow
  })
  const isCmyk = hasCmyk(bytes, format)
  if (isCmyk) image.pipelineColourspace('cmyk').toColourspace('cmyk')
  const { data, info } = await image
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause) => {
      if (!/pixel limit/.test(cause.message)) throw cause
      throw new Error(`expected at most ${decoding.maxPixels} pixels, got more; maxPixels raises the limit`, { cause })
    })
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length)
  const shape = [info.height, info.width, info.channels]
  return isCmyk ? rgbOfCmyk({ shape, data: pixels }) : { shape, data: pixels }
}

/** Whether sharp would convert the colours by a profile of its own. */
function hasCmyk(bytes: Uint8Array, format: Format): boolean {
  if (format === 'jpeg') return jpegHeader(bytes)?.components === 4
  return format === 'tiff' && tiffTag(bytes, photometricTag) === 5
}

/** As Pillow does without profiles: 255 - K - C · (255 - K) / 255, rounded. */
function rgbOfCmyk({ shape, data }: ByteImages): ByteImages {
  const [height, width, channels] = shape as [number, number, number]
  const to = new Uint8Array(height * width * 3)
  for (let at = 0, out = 0; out < to.length; at += channels, out += 3) {
    const white = 255 - data[at + 3]!
    for (let c = 0; c < 3; c++) {
      const product = data[at + c]! * white + 128
      to[out + c] = white - (((product >> 8) + product) >> 8)
    }
  }
  return { shape: [height, width, 3], data: to }
}
