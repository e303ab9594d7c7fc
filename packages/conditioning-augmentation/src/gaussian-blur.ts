import { ndarray } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkInteger,
  checkNumber,
  checkOptions,
  type Entry,
  schema,
  shownPair,
} from '@cascade-diffusion/checks'
import { add, mirrorPad, mul, reshape, slice, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core'
import type { ConditioningAugmentation } from './augmentation.ts'
import { drawStrengths } from './draw-strengths.ts'

/** What {@link gaussianBlur} draws. */
export type GaussianBlurDraw = {
  /**
   * For each image, the filter's weights at 0, 1, … pixels from its centre, float32 [n, (size + 1) / 2]. 1, 0, … does
   * not blur.
   */
  readonly weights: Tensor2D
}

/** Options of {@link gaussianBlur}. */
export interface GaussianBlurOptions {
  /** The side of the filter in pixels, odd. Default 3. */
  readonly size?: number
  /**
   * Its standard deviation in pixels is uniform between these, both above 0. Default [0.4, 0.6], the paper's best at
   * 64×64 → 256×256.
   */
  readonly sigma?: readonly [low: number, high: number]
  /** The share of the images that are blurred. Default 0.5. */
  readonly probability?: number
}

/**
 * Gaussian blur of a random σ on half of the training images (Cascaded Diffusion Models, sections 3.1 and 4.4): for
 * models of 128×128 and 256×256. The network is not conditioned on σ. In sampling the level is σ in pixels, up to the
 * upper end of `sigma`; by default 0, no blur. Images are mirrored at their edges.
 * @throws if an option is out of range; and while drawing, if a side of the images is at most half of the filter.
 */
export function gaussianBlur(options: GaussianBlurOptions = {}): ConditioningAugmentation<GaussianBlurDraw> {
  checkOptions('gaussianBlur', options, { size: true, sigma: true, probability: true })
  const { size = 3, sigma = [0.4, 0.6], probability = 0.5 } = options
  const radius = checkInteger('gaussianBlur', 'size', size, { from: 1 }) >> 1
  if (size % 2 === 0) throw new CascadeError('input', `gaussianBlur: expected size, an odd integer, got ${size}`)
  if (
    !Array.isArray(sigma) ||
    sigma.length !== 2 ||
    !(sigma[0] > 0 && sigma[0] <= sigma[1] && Number.isFinite(sigma[1]))
  )
    throw new CascadeError('input', `gaussianBlur: expected sigma, [low, high] above 0, got ${shownPair(sigma)}`)
  checkNumber('gaussianBlur', 'probability', probability, { from: 0, to: 1 })
  const between = sigma as readonly [number, number]
  const strengths = { chosen: 'blurred', strength: 'sigma', probability, between, none: 0 }
  return {
    name: 'gaussian-blur',
    maxLevel: between[1],
    continuous: true,
    draw(options) {
      const { shape, level } = options
      const [n, height, width] = shape as readonly [number, number, number, number]
      if (!(Math.min(height, width) > radius))
        throw new CascadeError(
          'input',
          `gaussian-blur: expected images of more than ${radius}×${radius} pixels for a filter of ${size}×${size}, got ${height}×${width}`,
        )
      const sigmas = level === undefined ? drawStrengths(options, strengths) : Array<number>(n).fill(level)
      const rows = sigmas.map((sigma) => filterOf(sigma, radius))
      return { weights: ndarray(Float32Array.from(rows.flat()), [n, radius + 1]) }
    },
    apply: (z, { weights }) => (radius === 0 ? z : along(2, along(1, z, weights), weights)),
  }
}

/** The weights of a filter at 0 to `radius` pixels from its centre. Over all pixels they sum to 1. σ = 0 is no blur. */
function filterOf(sigma: number, radius: number): number[] {
  const density = Array.from({ length: radius + 1 }, (_, d) => (d === 0 ? 1 : Math.exp(-(d ** 2) / (2 * sigma ** 2))))
  const sum = density.reduce((sum, x, d) => sum + (d === 0 ? x : 2 * x), 0)
  return density.map((x) => x / sum)
}

/** Filters along one axis of [n, h, w, C]. */
function along(axis: 1 | 2, z: Tensor4D, weights: Tensor2D): Tensor4D {
  const radius = weights.shape[1] - 1
  const paddings = z.shape.map((_, i) => (i === axis ? [radius, radius] : [0, 0])) as [number, number][]
  const padded = mirrorPad(z, paddings as Parameters<typeof mirrorPad>[1], 'reflect')
  const shifted = (by: number) =>
    slice(
      padded,
      z.shape.map((_, i) => (i === axis ? radius + by : 0)),
      z.shape,
    )
  const weight = (d: number): Tensor => reshape(slice(weights, [0, d], [weights.shape[0], 1]), [-1, 1, 1, 1])
  let sum: Tensor = mul(weight(0), z)
  for (let d = 1; d <= radius; d++) sum = add(sum, mul(weight(d), add(shifted(-d), shifted(d))))
  return sum as Tensor4D
}

/** {@link gaussianBlur} by name: a JSON value. */
export interface GaussianBlurConfig extends GaussianBlurOptions {
  readonly name: 'gaussian-blur'
}

/** The entry of the table. */
export const gaussianBlurEntry: Entry<GaussianBlurConfig, ConditioningAugmentation> = {
  name: 'gaussian-blur',
  schema: schema.record<GaussianBlurConfig>({
    name: schema.oneOf(['gaussian-blur']),
    size: schema.optional(
      schema.value('an odd integer', (x) => Number.isSafeInteger(x) && (x as number) % 2 === 1, { type: 'integer' }),
    ),
    sigma: schema.optional(schema.interval({ from: 1e-3 })),
    probability: schema.optional(schema.number({ from: 0, to: 1 })),
  }),
  make: ({ name, ...options }) => gaussianBlur(options),
}
