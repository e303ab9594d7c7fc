import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { resampleStage } from '../../kinds/resample-stage.ts'
import type { Stage } from '../../stage/stage.ts'
import { tinyBase, tinyNetwork, tinySuperResolution } from '../../test-support.ts'
import { needsClass, takingStage, takingStages } from './taking-stage.ts'

const sampling = { sampler: { name: 'ddim' }, steps: 3 } as const
const trained = (stage: Stage) => ({ stage, params: tinyNetwork().init(rng(4)), sampling })
const upper = tinySuperResolution({ name: 'sr2', resolution: 8, lowResolution: 4 })
const stages = [tinyBase(), tinySuperResolution(), upper].map(trained)

test('the largest images that are not larger than any given ones', () => {
  const taking = takingStages('upscale', { stages })
  expect(taking).toEqual([
    { index: 1, name: 'sr', imageChannels: 1, size: [2, 2] },
    { index: 2, name: 'sr2', imageChannels: 1, size: [4, 4] },
  ])
  const at = (...sizes: [number, number][]) => takingStage('upscale', taking, sizes).name
  expect([at([4, 4]), at([100, 5]), at([3, 9]), at([9, 9], [9, 3]), at([1, 1])]).toEqual([
    'sr2',
    'sr2',
    'sr',
    'sr',
    'sr',
  ])
  expect(takingStage('upscale', taking, [[9, 9]], 'sr').name).toBe('sr')
  expect(() => takingStage('upscale', taking, [[9, 9]], 'base')).toThrow("upscale: expected from, one of 'sr', 'sr2'")
  expect(() => takingStages('upscale', { stages: stages.slice(0, 1) })).toThrow(
    'upscale: expected a cascade with a stage that takes images, got base',
  )
})

test('a resampler at the beginning takes images of any size', () => {
  const down = resampleStage({ name: 'down', resolution: 2, imageChannels: 1, method: 'area' })
  const taking = takingStages('upscale', { stages: [{ stage: down }, ...stages.slice(1)] })
  expect(taking[0]).toEqual({ index: 0, name: 'down', imageChannels: 1, size: undefined })
  expect(takingStage('upscale', taking, [[1, 1]]).name).toBe('down')
})

test('a stage does without a class if it was trained without some, or without all', () => {
  expect(needsClass(tinyBase())).toBe(true)
  expect(needsClass(tinySuperResolution({ labelDropout: 0.1 }))).toBe(false)
  expect(needsClass(tinySuperResolution({ classNames: undefined }))).toBe(false)
})
