/** The formats, as the first bytes of a file say. `heif` is the container of AVIF, `pnm` PPM and PGM. */
export type Format = 'jpeg' | 'png' | 'webp' | 'heif' | 'tiff' | 'gif' | 'bmp' | 'pnm'

/** The format of a file; undefined if it is none of those. */
export function formatOf(bytes: Uint8Array): Format | undefined {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to))
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg'
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png'
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp'
  if (text(4, 8) === 'ftyp') return 'heif'
  if (/^(?:II[*+]\0|MM\0[*+])$/.test(text(0, 4))) return 'tiff'
  if (/^GIF8[79]a$/.test(text(0, 6))) return 'gif'
  if (text(0, 2) === 'BM') return 'bmp'
  if (/^P[2356]\s$/.test(text(0, 3))) return 'pnm'
  return undefined
}

/** What the header of a JPEG file says. */
export interface JpegHeader {
  readonly height: number
  readonly width: number
  /** 1 grey, 3 colours, 4 CMYK. */
  readonly components: number
  /** The EXIF orientation, 1 to 8; 1 if there is none. */
  readonly orientation: number
}

/** The header of a JPEG file; undefined if there is none before the pixels. */
export function jpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let orientation: number | undefined
  let frame: Omit<JpegHeader, 'orientation'> | undefined
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at++ // padding
      continue
    }
    if (marker === 0xda) break
    const length = view.getUint16(at + 2)
    const body = bytes.subarray(at + 4, at + 2 + length)
    if (marker === 0xe1 && isExif(body)) orientation ??= tiffTag(body.subarray(6), orientationTag)
    // Frames of any kind; c4, c8 and cc are no frames.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker) && body.length >= 6)
      frame = { height: view.getUint16(at + 5), width: view.getUint16(at + 7), components: body[5]! }
    at += 2 + Math.max(2, length)
  }
  const turned = orientation !== undefined && orientation >= 1 && orientation <= 8
  return frame && { ...frame, orientation: turned ? orientation! : 1 }
}

const isExif = (body: Uint8Array): boolean => String.fromCharCode(...body.subarray(0, 6)) === 'Exif\0\0'

/** The tag of the orientation, in TIFF files and in EXIF. */
const orientationTag = 0x112

/** The tag that says what colours a TIFF file has. */
export const photometricTag = 0x106

/** A number of 16 bits in the first directory of a TIFF file, or of EXIF, which has that form. */
export function tiffTag(bytes: Uint8Array, tag: number): number | undefined {
  if (bytes.length < 8) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = bytes[0] === 0x49
  const start = view.getUint32(4, little)
  if (start + 2 > bytes.length) return undefined
  const count = view.getUint16(start, little)
  for (let i = 0, at = start + 2; i < count && at + 12 <= bytes.length; i++, at += 12)
    if (view.getUint16(at, little) === tag) return view.getUint16(at + 8, little)
  return undefined
}
