import { float32 } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { resizeArea } from './resize-area.ts'

test('each pixel is the mean of its block', () => {
  const image = float32([1, 2, 5, 6, 3, 4, 7, 8, 0, 0, 9, 9, 0, 2, 9, 9], [1, 4, 4, 1])
  expect(resizeArea(image, 2)).toEqual(float32([2.5, 6.5, 0.5, 9], [1, 2, 2, 1]))
  expect(resizeArea(image, 4)).toEqual(image)
  expect(resizeArea(image, 1).data[0]).toBeCloseTo(74 / 16, 6)
})

test('images and channels are kept apart', () => {
  const images = rng(0).normal([2, 6, 6, 3])
  const small = resizeArea(images, 2)
  expect(small.shape).toEqual([2, 2, 2, 3])
  for (const [n, y, x, c] of [
    [0, 0, 0, 0],
    [1, 1, 0, 2],
    [0, 1, 1, 1],
    [1, 0, 1, 0],
  ] as const) {
    let sum = 0
    for (const dy of [0, 1, 2])
      for (const dx of [0, 1, 2]) sum += images.data[((n * 6 + 3 * y + dy) * 6 + 3 * x + dx) * 3 + c]!
    expect(small.data[((n * 2 + y) * 2 + x) * 3 + c]).toBeCloseTo(sum / 9, 6)
  }
})

test('bytes are rounded, halves to even; one image or several', () => {
  const data = Uint8Array.of(0, 1, 1, 0, 1, 2, 2, 1, 255, 255, 255, 254, 10, 20, 30, 41)
  expect(resizeArea({ shape: [4, 2, 2, 1], data }, 1)).toEqual({
    shape: [4, 1, 1, 1],
    data: Uint8Array.of(0, 2, 255, 25), // 0.5, 1.5, 254.75, 25.25
  })
  expect(resizeArea({ shape: [4, 4, 1], data }, [1, 4])).toEqual({
    shape: [1, 4, 1],
    data: Uint8Array.of(66, 70, 72, 74), // 66.5, 69.5, 72, 74
  })
})

test('a side that is no multiple: pixels count by the part of them that is covered', () => {
  // 3 to 2: each new pixel covers one and a half.
  expect(resizeArea(float32([3, 6, 9, 3, 6, 9], [1, 2, 3, 1]), [1, 2]).data).toEqual(float32([4, 8]).data)
  const images = rng(2).normal([2, 10, 7, 3])
  const small = resizeArea(images, [4, 3])
  expect(small.shape).toEqual([2, 4, 3, 3])
  // A fine grid of samples of each area, every pixel repeated as often as the new side has pixels.
  const at = (n: number, y: number, x: number, c: number) => images.data[((n * 10 + y) * 7 + x) * 3 + c]!
  for (const [n, y, x, c] of [
    [0, 0, 0, 0],
    [1, 3, 2, 2],
    [0, 1, 1, 1],
  ] as const) {
    let sum = 0
    for (let v = 0; v < 10; v++)
      for (let u = 0; u < 7; u++) sum += at(n, Math.floor((y * 10 + v) / 4), Math.floor((x * 7 + u) / 3), c)
    expect(small.data[((n * 4 + y) * 3 + x) * 3 + c]).toBeCloseTo(sum / 70, 5)
  }
})

test('bytes are rounded from exact means at any ratio, halves to even', () => {
  const exact = (x: Uint8Array, [h, w]: number[], [high, wide]: number[], y: number, column: number) => {
    // In parts of pixels, high × wide to a pixel and h × w to an area.
    let sum = 0n
    const covered = (i: number, pixel: number, from: number, to: number) =>
      Math.max(0, Math.min((pixel + 1) * to, (i + 1) * from) - Math.max(pixel * to, i * from))
    for (let v = 0; v < h!; v++)
      for (let u = 0; u < w!; u++)
        sum += BigInt(covered(y, v, h!, high!) * covered(column, u, w!, wide!)) * BigInt(x[v * w! + u]!)
    const area = BigInt(h! * w!)
    const [whole, twice] = [sum / area, (sum % area) * 2n]
    return Number(twice > area || (twice === area && whole % 2n === 1n) ? whole + 1n : whole)
  }
  const [from, to] = [
    [20, 10],
    [18, 5],
  ]
  for (let seed = 0; seed < 20; seed++) {
    // Few values, so that many means are halves.
    const data = Uint8Array.from(rng(seed).integers([200], 0, 3).data)
    const { data: small } = resizeArea({ shape: [...from, 1], data }, [to[0]!, to[1]!])
    const expected = Array.from({ length: 90 }, (_, i) => exact(data, from, to, Math.floor(i / 5), i % 5))
    expect([...small]).toEqual(expected)
  }
})

test('an even image stays as it is, at any size', () => {
  for (let size = 1; size <= 13; size++) {
    const { data } = resizeArea({ shape: [13, 13, 3], data: new Uint8Array(507).fill(201) }, size)
    expect(data).toEqual(new Uint8Array(size * size * 3).fill(201))
  }
})

test('sides that would grow, and sizes that are none, are errors', () => {
  expect(() => resizeArea(float32(new Float32Array(8), [1, 2, 4, 1]), 3)).toThrow(
    'wrong image size: expected at least 3×3, got 2×4',
  )
  for (const size of [0, 1.5, [2], [2, 0], '2'])
    expect(() => resizeArea(float32(new Float32Array(4), [1, 2, 2, 1]), size as never)).toThrow(
      'resizeArea: expected a size, an integer from 1 or [height, width], got',
    )
})
