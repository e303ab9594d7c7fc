/** The width and height of images of CIFAR. */
export const side = 32
const pixels = side * side
/** The bytes of an image. */
export const imageBytes = 3 * pixels

/** Images of CIFAR in memory. */
export interface CifarImages {
  /** [n, 32, 32, 3]. */
  readonly data: Uint8Array
  readonly labels: Int32Array
  readonly classNames: readonly string[]
}

/** Writes an image, whose file has all of red, then green, then blue, with the channels last. */
export function interleave(planes: Uint8Array, from: number, to: Uint8Array, at: number): void {
  for (let i = 0, out = at; i < pixels; i++, out += 3) {
    to[out] = planes[from + i]!
    to[out + 1] = planes[from + pixels + i]!
    to[out + 2] = planes[from + 2 * pixels + i]!
  }
}
