import type { Pixels } from './region.ts'
import type { Resampling } from './resampling.ts'

/** The pixels nearest to the centres of new ones, as Pillow finds them. `pixels` is a whole image. */
export function nearestPixels<Data extends Uint8Array | Float32Array>(
  { region, channels, data }: Pixels<Data>,
  { size, box, keep }: Resampling,
): Pixels<Data> {
  const rows = nearestAlong(size[0], box[0], box[2])
  const columns = nearestAlong(size[1], box[1], box[3])
  const out = new (data.constructor as new (length: number) => Data)(keep.height * keep.width * channels)
  let at = 0
  for (let y = keep.top; y < keep.top + keep.height; y++)
    for (let x = keep.left; x < keep.left + keep.width; x++) {
      const from = (rows[y]! * region.width + columns[x]!) * channels
      for (let c = 0; c < channels; c++) out[at++] = data[from + c]!
    }
  return { region: keep, channels, data: out }
}

/** The nearest pixel of each new one. Pillow adds the scale again and again, which rounds otherwise than a product. */
function nearestAlong(to: number, first: number, last: number): Int32Array {
  const [start, end] = [Math.fround(first), Math.fround(last)]
  const scale = Math.fround(end - start) / to
  let place = start + scale * 0.5
  return Int32Array.from({ length: to }, () => {
    const pixel = Math.trunc(place)
    place += scale
    return pixel
  })
}
