import type { ByteImages } from '../images/byte-images.ts'

/**
 * One image [height, width, channels] with other channels, as `Image.convert` of Pillow makes them: colours become
 * grey by ITU-R 601-2, L = (19595 R + 38470 G + 7471 B + 32768) >> 16; alpha is dropped, or 255 where there was none.
 */
export function convertChannels({ shape, data }: ByteImages, channels: number): ByteImages {
  const [height, width, from] = shape as [number, number, number]
  if (from === channels) return { shape, data }
  const pixels = height * width
  const to = new Uint8Array(pixels * channels)
  const [fromColours, toColours] = [from < 3 ? 1 : 3, channels < 3 ? 1 : 3]
  if (toColours === 1 && fromColours === 3)
    for (let i = 0, at = 0; i < pixels; i++, at += from)
      to[i * channels] = grey(data[at]!, data[at + 1]!, data[at + 2]!)
  else
    for (let i = 0, at = 0, out = 0; i < pixels; i++, at += from, out += channels)
      for (let c = 0; c < toColours; c++) to[out + c] = data[at + (fromColours === 1 ? 0 : c)]!
  if (channels % 2 === 0)
    for (let i = 0; i < pixels; i++) to[i * channels + toColours] = from % 2 === 0 ? data[i * from + fromColours]! : 255
  return { shape: [height, width, channels], data: to }
}

const grey = (red: number, green: number, blue: number): number =>
  (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
