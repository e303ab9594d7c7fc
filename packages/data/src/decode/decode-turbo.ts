import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import type { Decoding } from './decode-options.ts'
import { decodeSharp } from './decode-sharp.ts'
import type { JpegHeader } from './headers.ts'
import { turned } from './turned.ts'

let loaded: Promise<typeof import('@julusian/jpeg-turbo')> | undefined

function loadTurbo(): Promise<typeof import('@julusian/jpeg-turbo')> {
  loaded ??= import('@julusian/jpeg-turbo').catch((cause) => {
    const how = 'npm i @julusian/jpeg-turbo'
    throw new CascadeError('unsupported', `decoding: { fast: true } needs a package that could not be loaded: ${how}`, {
      cause,
    })
  })
  return loaded
}

/** A JPEG file by the fast cosine transform. What that decoder cannot read, or finds damaged, goes to sharp. */
export async function decodeTurbo(
  bytes: Uint8Array,
  header: JpegHeader | undefined,
  decoding: Decoding,
): Promise<ByteImages> {
  const { decompressSync, FORMAT_RGB } = await loadTurbo()
  const known = header && header.components < 4 && header.height * header.width <= decoding.maxPixels
  if (!known) return decodeSharp(bytes, 'jpeg', decoding)
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const { data, height, width } = decompressSync(buffer, { format: FORMAT_RGB })
    const image = { shape: [height, width, 3], data: new Uint8Array(data.buffer, data.byteOffset, data.length) }
    return turned(image, decoding.orientation ? header.orientation : 1)
  } catch {
    return decodeSharp(bytes, 'jpeg', decoding)
  }
}
