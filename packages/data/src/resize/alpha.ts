import type { Pixels } from './region.ts'

/** Whether the last channel is alpha: grey and alpha, or RGBA. */
export const hasAlpha = (channels: number): boolean => channels % 2 === 0

/** The colours times alpha, as Pillow rounds them: a new copy. */
export function premultiplied(pixels: Pixels<Uint8Array>): Pixels<Uint8Array> {
  const { channels, data } = pixels
  const out = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i += channels) {
    const alpha = data[i + channels - 1]!
    for (let c = i; c < i + channels - 1; c++) {
      const product = data[c]! * alpha + 128
      out[c] = ((product >> 8) + product) >> 8
    }
    out[i + channels - 1] = alpha
  }
  return { ...pixels, data: out }
}

/** The colours divided by alpha, cut off to integers as Pillow does: in place. */
export function divideByAlpha({ channels, data }: Pixels<Uint8Array>): void {
  for (let i = 0; i < data.length; i += channels) {
    const alpha = data[i + channels - 1]!
    if (alpha === 0 || alpha === 255) continue
    for (let c = i; c < i + channels - 1; c++) data[c] = Math.min(255, Math.trunc((255 * data[c]!) / alpha))
  }
}
