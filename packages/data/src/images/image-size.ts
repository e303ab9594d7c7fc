import { CascadeError, type Schema, schema, shown } from '@cascade-diffusion/checks'

/** Height and width in pixels. */
export type ImageSize = readonly [height: number, width: number]

/** A size as errors name it: 28×32. */
export const shownSize = ([height, width]: readonly number[]): string => `${height}×${width}`

const isSide = (side: unknown): boolean => Number.isSafeInteger(side) && (side as number) >= 1

/** The schema of a size in a configuration: a side, or [height, width]. */
export const sizeSchema: Schema<number | ImageSize> = schema.value(
  'an integer from 1 or [height, width]',
  (size) => isSide(size) || (Array.isArray(size) && size.length === 2 && size.every(isSide)),
  { type: ['integer', 'array'], minimum: 1, items: { type: 'integer', minimum: 1 }, minItems: 2, maxItems: 2 },
)

/**
 * The size [height, width] of an option that may be one side of a square.
 * @param where the caller as errors name it: `resize`.
 * @throws unless the sides are integers from 1.
 */
export function imageSize(where: string, size: number | ImageSize): ImageSize {
  const sides = typeof size === 'number' ? [size, size] : size
  if (Array.isArray(sides) && sides.length === 2 && sides.every(isSide)) return sides as unknown as ImageSize
  throw new CascadeError(
    'input',
    `${where}: expected a size, an integer from 1 or [height, width], got ${Array.isArray(size) ? `[${size}]` : shown(size)}`,
  )
}

/** The size of an image [height, width, channels], or of several of one size. */
export function sizeOfImage({ shape }: { readonly shape: readonly number[] }): ImageSize {
  const [height, width] = shape.slice(-3)
  return [height!, width!]
}
