import { CascadeError, shown } from '@cascade-diffusion/checks'
import { PNG } from 'pngjs'
import type { ByteImages } from './byte-images.ts'

/**
 * The image of a PNG file, [height, width, channels] in bytes, with the channels that the file has: 1 grey, 2 grey with
 * alpha, 3 RGB, 4 RGBA. Palettes become RGB or RGBA, 16 bits a channel become 8. Gamma and colour profiles are ignored.
 * @param where what errors name: the file's path.
 * @throws CascadeError of code `data` if it is no PNG file, or a damaged one.
 */
export function decodePng(file: Uint8Array, where = 'decodePng'): ByteImages {
  const { width, height, data, color, alpha } = decoded(file, where)
  const pixels = width * height
  const hasAlpha = alpha || data.some((byte, i) => i % 4 === 3 && byte < 255)
  const kept = [0, ...(color ? [1, 2] : []), ...(hasAlpha ? [3] : [])]
  const bytes = new Uint8Array(pixels * kept.length)
  for (let i = 0; i < pixels; i++)
    for (const [k, channel] of kept.entries()) bytes[i * kept.length + k] = data[4 * i + channel] as number
  return { shape: [height, width, kept.length], data: bytes }
}

function decoded(file: Uint8Array, where: string) {
  if (!(file instanceof Uint8Array))
    throw new CascadeError('input', `${where}: expected the bytes of a PNG file, got ${shown(file)}`)
  try {
    return PNG.sync.read(Buffer.from(file.buffer, file.byteOffset, file.byteLength))
  } catch (cause) {
    throw new CascadeError('data', `${where}: expected a PNG file: ${(cause as Error).message}`, { cause })
  }
}
