import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, type ErrorCode, shown } from '@cascade-diffusion/checks'

/** How far a value may be outside [-1, 1]: as far as rounding may take it. */
const tolerance = 1e-3

/**
 * @param noisy whether noise was added to the images, so that they have no range.
 * @throws unless they are a Float32Array of as many numbers as the shape says, finite and within [-1, 1].
 */
export function checkValues(code: ErrorCode, where: string, images: NDArray<'float32'>, noisy = false): void {
  const { data, shape } = images
  if (!(data instanceof Float32Array && data.length === sizeOf(shape)))
    throw new CascadeError(
      code,
      `${where}: expected data, a Float32Array of ${sizeOf(shape)} for [${shape}], got ${shown(data)}`,
    )
  const limit = noisy ? Number.MAX_VALUE : 1 + tolerance
  const wrong = data.findIndex((x) => !(Math.abs(x) <= limit))
  if (wrong < 0) return
  const image = Math.floor((wrong * (shape[0] as number)) / data.length)
  const areBytes = !noisy && data.some((x) => x > 2) && data.every((x) => x >= 0 && x <= 255)
  throw new CascadeError(
    code,
    `${where}: expected ${noisy ? 'finite values' : 'values from -1 to 1'}, got ${data[wrong]} in image ${image}` +
      (areBytes ? '; bytes become such values by byte / 127.5 - 1, as fromUint8 of @cascade-diffusion/data does' : ''),
  )
}
