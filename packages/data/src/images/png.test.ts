import { float32 } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeImage } from '../decode/decode-image.ts'
import { encodePng } from './png.ts'

/** A pixel of any number of channels. */
const rgba = ([a, b, c, d = 255]: Uint8Array) => (c === undefined ? [a, a, a, b ?? 255] : [a, b, c, d])

test('another decoder reads the pixels back', async () => {
  const side = fc.integer({ min: 1, max: 20 })
  await fc.assert(
    fc.asyncProperty(side, side, fc.constantFrom(1, 2, 3, 4), fc.nat(), async (height, width, channels, seed) => {
      const data = Uint8Array.from(rng(seed).integers([height * width * channels], 0, 256).data)
      const image = { shape: [height, width, channels], data }
      expect(await decodeImage(encodePng(image), { channels })).toEqual(image)
      // Converted to other channels, the pixels are the same ones.
      const { data: four } = await decodeImage(encodePng(image), { channels: 4 })
      const expected = Array.from({ length: height * width }, (_, i) =>
        rgba(data.subarray(channels * i, channels * (i + 1))),
      )
      expect([...four]).toEqual(expected.flat())
    }),
  )
})

test('the file holds what the PNG specification asks for', () => {
  const png = Buffer.from(encodePng({ shape: [2, 5, 3], data: new Uint8Array(30) }))
  expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
  expect(png.subarray(8, 29).toString('hex')).toBe('0000000d4948445200000005000000020802000000')
  for (const [channels, type] of [
    [1, 0],
    [2, 4],
    [3, 2],
    [4, 6],
  ] as const)
    expect(encodePng({ shape: [1, 1, channels], data: new Uint8Array(channels) })[25]).toBe(type)
  expect(png.subarray(-12).toString('hex')).toBe('0000000049454e44ae426082')
})

test('float images are converted, and the same pixels give the same bytes', () => {
  const png = encodePng(float32([-1, 1, 0.2, 0.2], [2, 2, 1]))
  expect(png).toEqual(encodePng({ shape: [1, 2, 2, 1], data: Uint8Array.of(0, 255, 153, 153) }))
})

test('several images, and shapes that are none, are refused', () => {
  expect(() => encodePng({ shape: [2, 1, 1, 1], data: new Uint8Array(2) })).toThrow(
    'encodePng: expected one image, got [2,1,1,1]',
  )
  expect(() => encodePng({ shape: [2, 2], data: new Uint8Array(4) })).toThrow('images: expected')
  expect(() => encodePng({ shape: [2, 2, 1], data: new Float32Array(4) } as never)).toThrow(
    'images: expected bytes, as toUint8 gives them, or a float32 array, got a Float32Array of 4',
  )
})
