import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import type { Decoding } from './decode-options.ts'
import { decodeSharp } from './decode-sharp.ts'
import type { JpegHeader } from './headers.ts'
import type { Room } from './room.ts'
import { turned } from './turned.ts'

type Turbo = typeof import('@julusian/jpeg-turbo')

let loaded: Promise<Turbo> | undefined

function loadTurbo(): Promise<Turbo> {
  // Node.js gives a CommonJS module as `default`; it does not see the names of this one.
  loaded ??= import('@julusian/jpeg-turbo').then(
    (module) => (module as { default?: Turbo }).default ?? module,
    (cause) => {
      const message = `decoding: { fast: true } needs the package @julusian/jpeg-turbo: npm i @julusian/jpeg-turbo`
      throw new CascadeError('unsupported', message, { cause })
    },
  )
  return loaded
}

/** A JPEG file by the fast cosine transform. What that decoder cannot read, or finds damaged, goes to sharp. */
export async function decodeTurbo(
  bytes: Uint8Array,
  header: JpegHeader | undefined,
  decoding: Decoding,
  room: Room,
): Promise<ByteImages> {
  const pixels = header ? header.height * header.width : 0
  const known = header && header.components < 4 && pixels <= Math.min(decoding.maxPixels, mostPixels)
  return (
    (known && decompressed(bytes, header, await loadTurbo(), decoding, room)) || decodeSharp(bytes, 'jpeg', decoding)
  )
}

/** Of more, it counts the bytes wrongly. */
const mostPixels = 2 ** 29

function decompressed(
  bytes: Uint8Array,
  header: JpegHeader,
  turbo: Turbo,
  { orientation }: Decoding,
  room: Room,
): ByteImages | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data = room(header.height * header.width * 3)
  try {
    const { height, width } = turbo.decompressSync(buffer, Buffer.from(data.buffer, data.byteOffset, data.length), {
      format: turbo.FORMAT_RGB,
    })
    const image = { shape: [height, width, 3], data: data.subarray(0, height * width * 3) }
    return turned(image, orientation ? header.orientation : 1)
  } catch {
    return undefined
  }
}
