import type { ImageSize } from './image-size.ts'

/** The pixels along one axis that new pixels cover. */
interface Spans {
  /** The first pixel of each. */
  readonly starts: Int32Array
  /** Pixels of each, those of which it covers nothing included. */
  readonly length: number
  /** How much each covers of its pixels, from 0 to 1; [to, length]. */
  readonly shares: Float64Array
}

/** The spans of `to` new pixels over `from` old ones. Whole numbers until the division, so that shares of whole pixels are exactly 1. */
function spansOf(from: number, to: number): Spans {
  const starts = Int32Array.from({ length: to }, (_, i) => Math.floor((i * from) / to))
  const length = from % to === 0 ? from / to : Math.min(from, Math.ceil(from / to) + 1)
  const shares = Float64Array.from({ length: to * length }, (_, j) => {
    const i = Math.floor(j / length)
    const pixel = starts[i]! + (j % length)
    const covered = Math.min((pixel + 1) * to, (i + 1) * from) - Math.max(pixel * to, i * from)
    return pixel < from ? Math.max(0, covered) / to : 0
  })
  return { starts, length, shares }
}

/**
 * Makes images smaller: each new pixel is the mean of the area that it covers, written to `out`, which rounds as its type does.
 * @param shape [n, height, width, channels] of `data`; neither side of `size` may be greater.
 */
export function averageAreas<A extends Float32Array | Uint8ClampedArray>(
  data: Float32Array | Uint8Array,
  [n, height, width, channels]: readonly [number, number, number, number],
  [newHeight, newWidth]: ImageSize,
  out: A,
): A {
  const rows = spansOf(height, newHeight)
  const columns = spansOf(width, newWidth)
  const area = (height / newHeight) * (width / newWidth)
  const sums = new Float64Array(newWidth * channels)
  for (let i = 0; i < n * newHeight; i++) {
    const y = i % newHeight
    const top = Math.floor(i / newHeight) * height + rows.starts[y]!
    sums.fill(0)
    for (let dy = 0; dy < rows.length; dy++) {
      const rowShare = rows.shares[y * rows.length + dy]!
      if (rowShare > 0) addRow(data, (top + dy) * width * channels, rowShare, columns, channels, sums)
    }
    for (let k = 0; k < sums.length; k++) out[i * sums.length + k] = sums[k]! / area
  }
  return out
}

/** Adds the sums over spans of one row of pixels. */
function addRow(
  data: Float32Array | Uint8Array,
  row: number,
  rowShare: number,
  { starts, length, shares }: Spans,
  channels: number,
  sums: Float64Array,
): void {
  for (let x = 0; x < starts.length; x++)
    for (let dx = 0; dx < length; dx++) {
      const share = rowShare * shares[x * length + dx]!
      if (share === 0) continue
      const pixel = row + (starts[x]! + dx) * channels
      for (let c = 0; c < channels; c++) sums[x * channels + c]! += share * data[pixel + c]!
    }
}
