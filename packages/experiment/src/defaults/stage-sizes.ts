import { type ImageSize, imageSize } from '@cascade-diffusion/data'
import type { Budget } from '../config/cascade-config.ts'
import type { DataFacts } from './data-facts.ts'

/** The shorter sides of the stages, for the shorter side of the finished images. */
const sidesOf: Readonly<Record<Budget, Readonly<Record<number, readonly number[]>>>> = {
  tiny: { 8: [8], 16: [16], 32: [8, 32], 64: [16, 64] },
  small: { 8: [8], 16: [16], 32: [8, 32], 64: [16, 64] },
  base: { 8: [8], 16: [16], 32: [32], 64: [16, 64], 128: [32, 128] },
  paper: { 8: [8], 16: [16], 32: [32], 64: [32, 64], 128: [32, 64, 128], 256: [32, 64, 256] },
}

/** Images may be upsampled by this factor, so that 28×28 become 32×32. */
export const stretch = 8 / 7

/** A size as configurations have it: one number for a square. */
export type Resolution = number | ImageSize

/**
 * The resolutions of the stages by the typical size of the images: the last is the largest power of two that nine tenths of the images
 * have, as far as the budget allows. Stages are square, unless all images are of one size whose sides are powers of two.
 */
export function stageSizes(budget: Budget, { size, sizes }: DataFacts): readonly Resolution[] {
  const sides = sidesOf[budget]
  const typical = size ? Math.min(...size) : sizes.shorter.tenth
  const last = Object.keys(sides)
    .map(Number)
    .filter((side) => side <= typical * stretch)
    .at(-1)
  const [height, width] = size?.every(isPowerOfTwo) ? size : [1, 1]
  const ratio = [height / Math.min(height, width), width / Math.min(height, width)] as const
  return sides[last ?? 8]!.map((side) => (height === width ? side : [side * ratio[0], side * ratio[1]]))
}

const isPowerOfTwo = (side: number): boolean => Number.isInteger(Math.log2(side))

/** Whether images of the data become those of a size by averaging areas, without a crop. */
export function fits({ size }: Pick<DataFacts, 'size'>, resolution: Resolution): boolean {
  const [height, width] = imageSize('data', resolution)
  return size !== undefined && size[0] >= height && size[0] * width === size[1] * height
}
