/** How one axis of a plane becomes another, as a matrix [to, from], row by row. */
export interface AxisMatrix {
  readonly to: number
  readonly from: number
  readonly data: Float32Array<ArrayBuffer>
}

/** The matrix whose row i adds up the given pixels, some of them more than once. */
function sums(to: number, from: number, pixels: (i: number) => readonly number[]): AxisMatrix {
  const data = new Float32Array(to * from)
  for (let i = 0; i < to; i++) for (const pixel of pixels(i)) data[i * from + pixel]! += 1
  return { to, from, data }
}

/** The least multiple of 8 that is not below a length. */
const wholeBlocks = (length: number): number => 8 * Math.ceil(length / 8)

/** Repeats the last pixel up to whole blocks. */
export const padded = (length: number): AxisMatrix =>
  sums(wholeBlocks(length), length, (i) => [Math.min(i, length - 1)])

/** Adds up pairs of columns. The last column is repeated up to whole blocks. */
export const pairsOfColumns = (length: number): AxisMatrix =>
  sums(wholeBlocks(Math.ceil(length / 2)), length, (i) => [2 * i, 2 * i + 1].map((j) => Math.min(j, length - 1)))

/** Adds up pairs of rows, the last row alone twice. The last pair is repeated up to whole blocks. */
export function pairsOfRows(length: number): AxisMatrix {
  const pairs = Math.ceil(length / 2)
  return sums(wholeBlocks(pairs), length, (i) => {
    const first = 2 * Math.min(i, pairs - 1)
    return [first, Math.min(first + 1, length - 1)]
  })
}

/** Two pixels for each of the first ones, four times as large: smooth ones have three parts of it and one of the next. */
export function doubled(to: number, from: number, smooth: boolean): AxisMatrix {
  const last = Math.ceil(to / 2) - 1
  return sums(to, from, (i) => {
    const near = i >> 1
    const far = i % 2 === 0 ? Math.max(near - 1, 0) : Math.min(near + 1, last)
    return [near, near, near, smooth ? far : near]
  })
}
