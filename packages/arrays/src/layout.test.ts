import { expect, test } from 'vitest'
import { float32, int32 } from './array.ts'
import { toNCHW, toNHWC } from './layout.ts'

test('values keep their image, channel and place', () => {
  const [n, c, h, w] = [2, 3, 4, 5]
  /** A number that says where it is. */
  const at = (i: number, k: number, y: number, x: number) => 1000 * i + 100 * k + 10 * y + x
  const values = (order: 'nchw' | 'nhwc') => {
    const out: number[] = []
    for (let i = 0; i < n; i++)
      if (order === 'nchw')
        for (let k = 0; k < c; k++) for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) out.push(at(i, k, y, x))
      else for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) for (let k = 0; k < c; k++) out.push(at(i, k, y, x))
    return out
  }
  const theirs = float32(values('nchw'), [n, c, h, w])
  const ours = float32(values('nhwc'), [n, h, w, c])
  expect(toNHWC(theirs)).toEqual(ours)
  expect(toNCHW(ours)).toEqual(theirs)
})

test('one image, or several axes of images; of any type; copied', () => {
  expect(toNHWC(int32([1, 2, 3, 4], [2, 1, 2]))).toEqual(int32([1, 3, 2, 4], [1, 2, 2]))
  expect(toNCHW(int32([1, 2, 3, 4], [1, 1, 1, 2, 2])).shape).toEqual([1, 1, 2, 1, 2])
  const grey = float32([1, 2], [1, 1, 2])
  expect(toNHWC(grey).data).not.toBe(grey.data)
  expect(toNHWC(float32([], [0, 3, 2, 2])).shape).toEqual([0, 2, 2, 3])
})

test('what are no images', () => {
  expect(() => toNHWC(float32([1, 2]))).toThrow('toNHWC: expected an array […, channels, height, width], got [2]')
  expect(() => toNCHW([1, 2] as never)).toThrow('toNCHW: expected an array […, height, width, channels]')
})
