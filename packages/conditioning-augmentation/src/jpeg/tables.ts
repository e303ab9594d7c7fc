/** The quantisation table of brightness for quality 50, in rows (ITU-T T.81, table K.1). */
const brightness = [
  [16, 11, 10, 16, 24, 40, 51, 61],
  [12, 12, 14, 19, 26, 58, 60, 55],
  [14, 13, 16, 24, 40, 57, 69, 56],
  [14, 17, 22, 29, 51, 87, 80, 62],
  [18, 22, 37, 56, 68, 109, 103, 77],
  [24, 35, 55, 64, 81, 104, 113, 92],
  [49, 64, 78, 87, 103, 121, 120, 101],
  [72, 92, 95, 98, 112, 100, 103, 99],
]

/** The same for colour (table K.2); all others are 99. */
const colour = [
  [17, 18, 24, 47],
  [18, 21, 26, 66],
  [24, 26, 56],
  [47, 66],
]

const colours = Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (_, x) => colour[y]?.[x] ?? 99))

/** A table for a quality from 1 to 100, by libjpeg's formula for baseline files. */
function scaled(table: readonly (readonly number[])[], quality: number): number[] {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality
  return table.flat().map((step) => Math.min(Math.max(Math.floor((step * percent + 50) / 100), 1), 255))
}

const qualities = Array.from({ length: 100 }, (_, i) => i + 1)

/** For each quality from 0 to 100 the steps of a block's 64 coefficients; for quality 0, which JPEG has not, ones. */
const allQualities = (table: readonly (readonly number[])[]): Float32Array<ArrayBuffer> =>
  Float32Array.from([...Array<number>(64).fill(1), ...qualities.flatMap((quality) => scaled(table, quality))])

/** The tables of brightness and colour at all qualities, float32 [101, 64]. */
export const steps = { brightness: allQualities(brightness), colour: allQualities(colours) }
