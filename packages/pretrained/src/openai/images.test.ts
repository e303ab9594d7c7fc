import type { OpenAIFlags } from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { imageChannelsOf } from './images.ts'

const read = (inChannels: number, outChannels: number, flags: OpenAIFlags = {}) =>
  imageChannelsOf('x.pt', { inChannels, outChannels }, flags)
const images = (imageChannels: number, assumed: string[] = []) => ({ imageChannels, superResolution: false, assumed })
const upsampled = (imageChannels: number) => ({ imageChannels, superResolution: true, assumed: [] })

test('input and output channels determine whether there are low-resolution images', () => {
  for (const c of [1, 3, 5]) for (const out of [c, 2 * c]) expect(read(c, out)).toEqual(images(c))
  for (const c of [1, 2, 3, 4]) expect(read(2 * c, c)).toEqual(upsampled(c))
  for (const c of [2, 4, 6, 8]) expect(read(c, 2 * c)).toEqual(images(c))
})

test('where as many channels come out of an even number, flags decide, or an error asks', () => {
  for (const c of [2, 6, 8, 10]) {
    expect(() => read(c, c)).toThrow(
      `x.pt: ${c} input channels and ${c} output channels: images of ${c} channels, or super-resolution of ${c / 2} with a learned variance. Set the flag`,
    )
    for (const flags of [{ superResolution: false }, { imageChannels: c }, { learnSigma: false }])
      expect(read(c, c, flags)).toEqual(images(c))
    for (const flags of [{ superResolution: true }, { smallSize: 8 }, { imageChannels: c / 2 }, { learnSigma: true }])
      expect(read(c, c, flags)).toEqual(upsampled(c / 2))
  }
  expect(read(4, 4)).toEqual(images(4, ['superResolution']))
  expect(read(4, 4, { superResolution: false })).toEqual(images(4))
  expect(read(4, 4, { smallSize: 8 })).toEqual(upsampled(2))
})

test('flags that the channels contradict', () => {
  expect(() => read(3, 6, { smallSize: 8 })).toThrow(
    'x.pt: the flags are of another network: smallSize 8, but 3 input channels and 6 output channels',
  )
  expect(() => read(6, 3, { superResolution: false })).toThrow('of another network: superResolution false, but 6')
  expect(() => read(6, 6, { imageChannels: 4 })).toThrow('of another network: imageChannels 4, but 6')
  expect(() => read(6, 6, { superResolution: false, smallSize: 8 })).toThrow('expected no smallSize')
  expect(() => read(3, 4)).toThrow(
    'expected output channels of an image, or twice as many for a learned variance; got 3 input channels and 4',
  )
})
