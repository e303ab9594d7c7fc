/** A resampling filter: its weight at a distance in pixels of the smaller scale, and the distance from which it is 0. */
export interface Filter {
  readonly support: number
  weight(x: number): number
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI))

/** Pillow's constants are of single precision. */
const [hammingMean, hammingSwing] = [Math.fround(0.54), Math.fround(0.46)]

/** The filters as Pillow defines them. They stretch when an image is reduced, which is what antialiases it. */
export const filters = {
  /** The mean of the area that a new pixel covers. */
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  /** A triangle: linear interpolation. */
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  /** A triangle, sharper: a windowed sinc of the width of `bilinear`. */
  hamming: {
    support: 1,
    weight(signed) {
      const x = Math.abs(signed)
      if (x === 0) return 1
      return x < 1 ? sinc(x) * (hammingMean + hammingSwing * Math.cos(x * Math.PI)) : 0
    },
  },
  /** Keys' cubic convolution, a = -0.5. */
  bicubic: {
    support: 2,
    weight(signed) {
      const x = Math.abs(signed)
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0
    },
  },
  /** A sinc, windowed by a sinc three times as wide. */
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const satisfies Record<string, Filter>

/** The name of a filter of `filters`. */
export type FilterName = keyof typeof filters
