import type { ImageSize } from './image-size.ts'

/** The pixels along one axis that new pixels cover. */
interface Spans {
  /** The first pixel of each. */
  readonly starts: Int32Array
  /** Pixels of each, those of which it covers nothing included. */
  readonly length: number
  /** How much each covers of its pixels, in parts of a pixel; [to, length]. */
  readonly shares: Float64Array
  /** The parts that each covers in all. */
  readonly total: number
}

/** The spans of `to` new pixels over `from` old ones. Parts are integers, so sums of bytes are exact; if `to` divides `from`, a part is a pixel. */
function spansOf(from: number, to: number): Spans {
  const divisor = greatestCommonDivisor(from, to)
  const [total, parts] = [from / divisor, to / divisor]
  const starts = Int32Array.from({ length: to }, (_, i) => Math.floor((i * total) / parts))
  const length = parts === 1 ? total : Math.min(from, Math.ceil(from / to) + 1)
  const shares = Float64Array.from({ length: to * length }, (_, j) => {
    const i = Math.floor(j / length)
    const pixel = starts[i]! + (j % length)
    const covered = Math.min((pixel + 1) * parts, (i + 1) * total) - Math.max(pixel * parts, i * total)
    return pixel < from ? Math.max(0, covered) : 0
  })
  return { starts, length, shares, total }
}

const greatestCommonDivisor = (a: number, b: number): number => (b > 0 ? greatestCommonDivisor(b, a % b) : a)

/**
 * Makes images smaller: each new pixel is the mean of the area that it covers, written to `out`, which rounds as its type does. Means of bytes are
 * rounded once, from their exact values.
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
  const area = rows.total * columns.total
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
