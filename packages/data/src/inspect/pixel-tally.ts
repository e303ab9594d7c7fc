import type { ByteImages } from '../images/byte-images.ts'

/** The mean and the deviation of each channel over all pixels. */
export function pixelTally(channels: number) {
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)]
  let pixels = 0
  return {
    add({ shape, data }: ByteImages): void {
      pixels += shape[0]! * shape[1]!
      for (let c = 0; c < channels; c++) {
        let [sum, square] = [0, 0]
        for (let i = c; i < data.length; i += channels) {
          const byte = data[i]!
          sum += byte
          square += byte * byte
        }
        sums[c]! += sum
        squares[c]! += square
      }
    },
    /** Undefined if there was no image. */
    figures(): { mean: number[]; deviation: number[] } | undefined {
      if (pixels === 0) return undefined
      const mean = Array.from(sums, (sum) => sum / pixels)
      return {
        mean,
        deviation: mean.map((m, c) => Math.sqrt(Math.max(0, squares[c]! / pixels - m * m))),
      }
    },
  }
}
