import { float32, int32, type NDArray } from '@cascade-diffusion/arrays'
import { imageDataset } from '@cascade-diffusion/data'
import { expect, test } from 'vitest'
import { processGrid, realGrid, samplesGrid } from './pictures.ts'

/** Images of `size`×`size`, each of one value. */
const plain = (size: number, values: readonly number[]): NDArray<'float32'> =>
  float32(
    values.flatMap((value) => Array(size * size).fill(value)),
    [values.length, size, size, 1],
  )

/** The bytes in the middle of the cells: rows of cells of `size` pixels with gaps of 2. */
function cells({ shape, data }: { shape: readonly number[]; data: Uint8Array }, size: number): number[][] {
  const [height, width] = shape as [number, number]
  const middles = (length: number) =>
    Array.from({ length: (length - 2) / (size + 2) }, (_, i) => i * (size + 2) + 2 + size / 2)
  return middles(height).map((y) => middles(width).map((x) => data[y * width + x]!))
}

test('rows are classes, columns the images of each stage, with a gap between stages', () => {
  const labels = int32([0, 1, 0, 1])
  const small = plain(2, [-1, -0.6, -0.2, 0.2])
  const large = plain(4, [1, 0.6, 0.2, -0.2])
  expect(cells(samplesGrid([small, large], { labels, classes: 2 }), 8)).toEqual([
    [0, 102, 255, 255, 153],
    [51, 153, 255, 204, 102],
  ])
})

test('real images are averaged down to the resolutions of the stages', async () => {
  const data = Uint8Array.from({ length: 32 }, (_, k) => (k < 16 ? (k % 2) * 200 : 40))
  const dataset = imageDataset({
    name: 'two',
    images: { shape: [2, 4, 4, 1], data },
    labels: [1, 0],
    classNames: ['plain', 'striped'],
  })
  expect(
    cells(
      await realGrid(dataset, [
        [2, 2],
        [4, 4],
      ]),
      8,
    ),
  ).toEqual([
    [40, 255, 40],
    [100, 255, 0],
  ])
})

test('seven frames of each stage, the last among them, in a row for each image', () => {
  const frames = (size: number, n: number) =>
    Array.from({ length: n }, (_, i) => plain(size, [(2 * (i + 1)) / 255 - 1, 1]))
  const [first, second] = cells(processGrid([frames(1, 14), frames(2, 3)]), 4)
  expect(first).toEqual([2, 4, 6, 8, 10, 12, 14, 255, 1, 2, 3])
  expect(second).toEqual(Array(11).fill(255))
})
