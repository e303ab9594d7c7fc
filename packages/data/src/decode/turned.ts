import type { ByteImages } from '../images/byte-images.ts'

/** An image upright, [height, width, channels], of one that is stored in an EXIF orientation, 1 to 8. */
export function turned({ shape, data }: ByteImages, orientation: number): ByteImages {
  if (orientation === 1) return { shape, data }
  const [height, width, channels] = shape as [number, number, number]
  const exchanged = orientation >= 5
  const [h, w] = exchanged ? [width, height] : [height, width]
  const fromRight = [2, 3, 7, 8].includes(orientation)
  const fromBelow = [3, 4, 6, 7].includes(orientation)
  const to = new Uint8Array(data.length)
  for (let y = 0, out = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const [row, column] = exchanged ? [x, y] : [y, x]
      const at = (fromBelow ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column)
      for (let c = 0; c < channels; c++) to[out++] = data[at * channels + c]!
    }
  return { shape: [h, w, channels], data: to }
}
