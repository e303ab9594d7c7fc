import { ndarray } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkNumber,
  checkOneOf,
  checkOptions,
  type Entry,
  schema,
  shownPair,
} from '@cascade-diffusion/checks'
import { type ResizeMethod, resizeMatrix } from '@cascade-diffusion/ops'
import { matMul, reshape, type Tensor3D, type Tensor4D, transpose } from '@tensorflow/tfjs-core'
import type { ConditioningAugmentation } from '../augmentation.ts'
import { drawStrengths } from '../draw-strengths.ts'

/** What {@link downUp} draws. */
export type DownUpDraw = {
  /** For each image, the matrix that resamples its columns of pixels, float32 [n, h, h]. The identity changes nothing. */
  readonly vertical: Tensor3D
  /** The same for its rows, float32 [n, w, w]. */
  readonly horizontal: Tensor3D
}

/** Options of {@link downUp}. */
export interface DownUpOptions {
  /** Images are made smaller by a factor that is uniform between these, both from 1. */
  readonly factor: readonly [low: number, high: number]
  /** How they are made smaller. Default `area`, the mean of what a new pixel covers. */
  readonly down?: ResizeMethod
  /** How they are brought back to their size. Default `bicubic`. */
  readonly up?: Exclude<ResizeMethod, 'area'>
  /** The share of the training images that are resampled. Default 0.5. */
  readonly probability?: number
}

const [downs, ups] = [['area', 'bilinear', 'bicubic'] as const, ['bilinear', 'bicubic'] as const]

/**
 * Down-up resampling: images are made smaller by a random factor and brought back to their size, so that the finest
 * detail is lost, as it is in pictures that were resized before. In sampling the level is the factor less 1: level 1
 * halves the sides and doubles them, and level 0, the default, changes nothing. The sides in between are rounded to whole
 * pixels, at least 1. Both resamplings are those of Pillow. The network is not conditioned on the factor.
 * @throws if an option is out of range.
 */
export function downUp(options: DownUpOptions): ConditioningAugmentation<DownUpDraw> {
  checkOptions('downUp', options, { factor: true, down: true, up: true, probability: true })
  const { factor, down = 'area', up = 'bicubic', probability = 0.5 } = options
  if (!Array.isArray(factor) || !(factor[0] >= 1 && factor[0] <= factor[1] && Number.isFinite(factor[1])))
    throw new CascadeError('input', `downUp: expected factor, [low, high] from 1, got ${shownPair(factor)}`)
  checkOneOf('downUp', 'down', down, downs)
  checkOneOf('downUp', 'up', up, ups)
  checkNumber('downUp', 'probability', probability, { from: 0, to: 1 })
  const between = factor as readonly [number, number]
  const strengths = { chosen: 'resampled', strength: 'factor', probability, between, none: 1 }
  /** Few, since sides are whole numbers: each is made once. */
  const made = new Map<string, Float32Array>()
  const matrixOf = (side: number, factor: number): Float32Array => {
    const between = Math.max(1, Math.round(side / factor))
    const matrix = made.get(`${side} ${between}`) ?? downUpMatrix(side, between, down, up)
    made.set(`${side} ${between}`, matrix)
    return matrix
  }
  return {
    name: 'down-up',
    maxLevel: between[1] - 1,
    continuous: true,
    draw(options) {
      const { shape, level } = options
      const [n, height, width] = shape as readonly [number, number, number, number]
      const factors = level === undefined ? drawStrengths(options, strengths) : Array<number>(n).fill(1 + level)
      const matrices = (side: number) => {
        const data = new Float32Array(n * side * side)
        for (const [i, factor] of factors.entries()) data.set(matrixOf(side, factor), i * side * side)
        return ndarray(data, [n, side, side])
      }
      return { vertical: matrices(height), horizontal: matrices(width) }
    },
    apply(z, { vertical, horizontal }) {
      const [n, height, width, channels] = z.shape
      const columns = reshape(matMul(vertical, reshape(z, [n, height, width * channels])), z.shape)
      // The other axis in front: tfjs's cpu backend multiplies wrong matrices where batches are broadcast.
      const turned = reshape(transpose(columns, [0, 2, 1, 3]), [n, width, height * channels])
      const rows = reshape(matMul(horizontal, turned), [n, width, height, channels])
      return transpose(rows, [0, 2, 1, 3]) as Tensor4D
    },
  }
}

/** The matrix [side, side] that resizes one axis to `between` pixels and brings it back. */
function downUpMatrix(side: number, between: number, down: ResizeMethod, up: ResizeMethod): Float32Array {
  const [smaller, larger] = [resizeMatrix(side, between, down), resizeMatrix(between, side, up)]
  const product = new Float32Array(side * side)
  for (let i = 0; i < side; i++)
    for (let j = 0; j < side; j++) {
      let sum = 0
      for (let k = 0; k < between; k++) sum += larger[i * between + k]! * smaller[k * side + j]!
      product[i * side + j] = sum
    }
  return product
}

/** {@link downUp} by name: a JSON value. */
export interface DownUpConfig extends DownUpOptions {
  readonly name: 'down-up'
}

/** The entry of the table. */
export const downUpEntry: Entry<DownUpConfig, ConditioningAugmentation> = {
  name: 'down-up',
  schema: schema.record<DownUpConfig>({
    name: schema.oneOf(['down-up']),
    factor: schema.interval({ from: 1 }),
    down: schema.optional(schema.oneOf(downs)),
    up: schema.optional(schema.oneOf(ups)),
    probability: schema.optional(schema.number({ from: 0, to: 1 })),
  }),
  make: ({ name, ...options }) => downUp(options),
}
