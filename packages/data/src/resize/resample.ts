import { divideByAlpha, hasAlpha, premultiplied } from './alpha.ts'
import { mixBytes } from './mix-bytes.ts'
import { mixFloats } from './mix-floats.ts'
import { nearestPixels } from './nearest.ts'
import { type Pass, passesOf } from './plan.ts'
import { cut, type Pixels } from './region.ts'
import { cropOf, type Resampling } from './resampling.ts'
import { mixByWasm } from './wasm/mix-by-wasm.ts'

/** The kept part of an image in bytes resized; it may be the same memory. `pixels` is a whole image. */
export function resampleBytes(pixels: Pixels<Uint8Array>, resampling: Resampling): Pixels<Uint8Array> {
  const { filter, box } = resampling
  if (filter === 'nearest') return nearestPixels(pixels, resampling)
  const { region, channels } = pixels
  const crop = cropOf(resampling)
  const whole = box[2] - box[0] === region.height && box[3] - box[1] === region.width
  if (crop && (whole || !hasAlpha(channels))) return cut(pixels, crop)
  const passes = passesOf(region, filter, resampling)
  if (!hasAlpha(channels)) return mixed(pixels, passes)
  // Colours count by their alpha: those under alpha 0 do not bleed.
  const result = mixed(premultiplied(cut(pixels, passes[0]!.from)), passes)
  divideByAlpha(result)
  return result
}

/** The passes by the faster of two ways that give the same. */
const mixed = (pixels: Pixels<Uint8Array>, passes: readonly Pass[]): Pixels<Uint8Array> =>
  mixByWasm(pixels, passes) ?? passes.reduce(mixBytes, pixels)

/** The kept part of an image of numbers resized, each channel by itself; it may be the same memory. `pixels` is a whole image. */
export function resampleFloats(pixels: Pixels<Float32Array>, resampling: Resampling): Pixels<Float32Array> {
  const { filter } = resampling
  if (filter === 'nearest') return nearestPixels(pixels, resampling)
  const crop = cropOf(resampling)
  return crop ? cut(pixels, crop) : passesOf(pixels.region, filter, resampling).reduce(mixFloats, pixels)
}
