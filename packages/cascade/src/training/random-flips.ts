import type { NDArray } from '@cascade-diffusion/arrays'
import type { Rng } from '@cascade-diffusion/random'

/** Which of n images are mirrored: each with probability ½. */
export function drawFlips(n: number, rng: Rng): boolean[] {
  return Array.from(rng.fold('flip').integers([n], 0, 2).data, (bit) => bit === 1)
}

/** Images [N,H,W,C] with those that `flips` says mirrored left to right; without flips the images themselves. */
export function mirrored(images: NDArray<'float32'>, flips: readonly boolean[]): NDArray<'float32'> {
  if (!flips.includes(true)) return images
  const { data, shape } = images
  const [, height, width, channels] = shape as readonly [number, number, number, number]
  const out = data.slice()
  for (const [n, mirror] of flips.entries()) {
    if (!mirror) continue
    for (let y = 0; y < height; y++) {
      const row = (n * height + y) * width
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) out[(row + x) * channels + c] = data[(row + width - 1 - x) * channels + c]!
    }
  }
  return { dtype: 'float32', shape, data: out }
}
