import { float32 } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { shiftImages } from './shift-images.ts'

const [n, h, w, c] = [40, 5, 4, 2] as const
const images = rng(1).uniform([n, h, w, c])

test('each image is moved by whole pixels, and the border is filled', () => {
  const shifted = shiftImages(images, rng(2), { maxShift: 2, fill: -7 })
  const seen = new Set<string>()
  for (let i = 0; i < n; i++) {
    const at = (y: number, x: number, k: number) =>
      y < 0 || y >= h || x < 0 || x >= w ? -7 : images.data[((i * h + y) * w + x) * c + k]!
    const matches: string[] = []
    for (let down = -2; down <= 2; down++)
      for (let right = -2; right <= 2; right++) {
        let equal = true
        for (let y = 0; y < h; y++)
          for (let x = 0; x < w; x++)
            for (let k = 0; k < c; k++)
              equal &&= shifted.data[((i * h + y) * w + x) * c + k] === at(y - down, x - right, k)
        if (equal) matches.push(`${down},${right}`)
      }
    expect(matches).toHaveLength(1)
    seen.add(matches[0]!)
  }
  expect(seen.size).toBeGreaterThan(12)
})

test('the same key moves alike, another differently, and the images stay', () => {
  const before = Float32Array.from(images.data)
  const shifted = shiftImages(images, rng(2))
  expect(shiftImages(images, rng(2))).toEqual(shifted)
  expect(shiftImages(images, rng(3))).not.toEqual(shifted)
  expect(shiftImages(images, rng(2), { maxShift: 0 })).toEqual(images)
  expect(images.data).toEqual(before)
  expect(Math.min(...shifted.data)).toBe(-1)
})

test('shifts larger than the image empty it', () => {
  const pixel = float32(new Float32Array(64).fill(1), [64, 1, 1, 1])
  const { data } = shiftImages(pixel, rng(0), { maxShift: 3, fill: 0 })
  const kept = data.reduce((sum, x) => sum + x, 0)
  expect(kept).toBeLessThan(16)
})

test('another shape is refused', () => {
  expect(() => shiftImages(float32([1]), rng(0))).toThrow('expected images of shape [N, H, W, C], got [1]')
})

test('wrong options are named', () => {
  const images = rng(0).normal([1, 2, 2, 1])
  expect(() => shiftImages(images, rng(1), { maxshift: 1 } as never)).toThrow("Did you mean 'maxShift'?")
  expect(() => shiftImages(images, rng(1), { maxShift: 0.5 })).toThrow('expected maxShift, an integer from 0, got 0.5')
})
