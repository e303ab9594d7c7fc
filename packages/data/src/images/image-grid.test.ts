import { float32 } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { imageGrid } from './image-grid.ts'

const lines = ({ shape, data }: { shape: readonly number[]; data: Uint8Array }) => {
  const [height = 0, width = 0, channels = 0] = shape
  return Array.from({ length: height }, (_, y) => [...data.subarray(y * width * channels, (y + 1) * width * channels)])
}

test('small images are upsampled to the largest, rows end in background', () => {
  const small = { shape: [1, 1, 1], data: Uint8Array.of(7) }
  const large = { shape: [2, 2, 1], data: Uint8Array.of(1, 2, 3, 4) }
  expect(lines(imageGrid([[small, large], [large]], { padding: 1, background: 9 }))).toEqual([
    [9, 9, 9, 9, 9, 9, 9],
    [9, 7, 7, 9, 1, 2, 9],
    [9, 7, 7, 9, 3, 4, 9],
    [9, 9, 9, 9, 9, 9, 9],
    [9, 1, 2, 9, 9, 9, 9],
    [9, 3, 4, 9, 9, 9, 9],
    [9, 9, 9, 9, 9, 9, 9],
  ])
})

test('scale draws each pixel larger, without smoothing', () => {
  const image = { shape: [1, 2, 1], data: Uint8Array.of(5, 6) }
  expect(lines(imageGrid([[image]], { padding: 0, scale: 2 }))).toEqual([
    [5, 5, 6, 6],
    [5, 5, 6, 6],
  ])
})

test('several images stand side by side, grey ones beside colours become RGB, floats are converted', () => {
  const grey = float32([-1, 1], [2, 1, 1, 1])
  const colour = { shape: [1, 1, 3], data: Uint8Array.of(1, 2, 3) }
  const grid = imageGrid([[grey, colour]], { padding: 0 })
  expect(grid.shape).toEqual([1, 3, 3])
  expect([...grid.data]).toEqual([0, 0, 0, 255, 255, 255, 1, 2, 3])
})

test('beside images with alpha, others and the background are opaque', () => {
  const pixel = (...data: number[]) => ({ shape: [1, 1, data.length], data: Uint8Array.from(data) })
  const [grey, shade, colour, glass] = [pixel(7), pixel(8, 50), pixel(1, 2, 3), pixel(4, 5, 6, 90)]
  const options = { padding: 0, background: 9 }
  const cells = (...images: (typeof grey)[]) => [...imageGrid([images, [grey]], options).data]
  expect(cells(grey, shade)).toEqual([7, 255, 8, 50, 7, 255, 9, 255])
  expect(cells(colour, shade)).toEqual([1, 2, 3, 255, 8, 8, 8, 50, 7, 7, 7, 255, 9, 9, 9, 255])
  expect(cells(glass, colour)).toEqual([4, 5, 6, 90, 1, 2, 3, 255, 7, 7, 7, 255, 9, 9, 9, 255])
})

test('the defaults are two white pixels between images', () => {
  const grid = imageGrid([[{ shape: [1, 1, 1], data: Uint8Array.of(0) }]])
  expect(grid.shape).toEqual([5, 5, 1])
  expect([...grid.data]).toEqual(Array(25).fill(255).with(12, 0))
})

test('no image is an error', () => {
  expect(() => imageGrid([[], []])).toThrow('imageGrid: expected at least one image')
})

test('wrong options are errors', () => {
  const image = { shape: [1, 1, 1], data: Uint8Array.of(3) }
  expect(() => imageGrid([[image]], { paddding: 1 } as never)).toThrow("Did you mean 'padding'?")
  expect(() => imageGrid([[image]], { scale: 0 })).toThrow('imageGrid: expected a scale, an integer from 1, got 0')
  expect(() => imageGrid(image as never)).toThrow('imageGrid: expected rows of images, a list of lists')
})
