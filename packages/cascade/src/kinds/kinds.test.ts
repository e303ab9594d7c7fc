import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { float32, int32, type NDArray } from '@cascade-diffusion/arrays'
import { encodePng, imageDataset, imageFolder, randomFlip, transformed } from '@cascade-diffusion/data'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { type Cascade, type CascadeStage, chosenLevels } from '../cascade/cascade.ts'
import { cascadeSampler } from '../sampling/cascade/cascade-sampler.ts'
import { halves, tinyBase, tinyNetwork, tinySuperResolution } from '../test-support.ts'
import { type FunctionStageOptions, type ImagesRequest, imagesStage } from './images-stage.ts'
import { resampleImages } from './resample-images.ts'
import { resampleStage } from './resample-stage.ts'

const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: [18, 3] } as const
const params = tinyNetwork().init(rng(4))
const base = { stage: tinyBase(), params, sampling }
const sr = { stage: tinySuperResolution(), params, sampling, level: 3 }
const labels = int32([0, 1, 1])
const run = { count: 3, labels, rng: rng(9) }
const sampler = (...stages: CascadeStage[]) => cascadeSampler({ stages }, { compile: eager })

test('a resampler takes the place of a stage: before, between and after others', async () => {
  const larger = resampleStage({ name: 'larger', resolution: 8, imageChannels: 1, method: 'bicubic' })
  const [small, middle, large] = await sampler(base, sr, { stage: larger }).sample(run)
  expect(large).toEqual(resampleImages(middle!, [8, 8], 'bicubic'))
  const down = resampleStage({ name: 'down', resolution: [2, 2], imageChannels: 1, method: 'area' })
  const again = { ...sr, stage: tinySuperResolution({ name: 'sr2' }) }
  const images = await sampler(base, sr, { stage: down }, again).sample(run)
  expect(images.slice(0, 2)).toEqual([small, middle])
  expect(images[2]).toEqual(resampleImages(middle!, [2, 2], 'area'))
  // The first stage takes images of any size.
  const photos = rng(1).uniform([3, 5, 7, 1])
  const upscaled = await sampler({ stage: down }, again).sample({ ...run, lowRes: photos })
  expect(upscaled[0]).toEqual(resampleImages(photos, [2, 2], 'area'))
  expect(upscaled[1]!.shape).toEqual([3, 4, 4, 1])
})

describe('the images of another program', () => {
  const dataset = halves(5, 2)

  test('a source: in order, from any place on, with its labels', async () => {
    const cascade = sampler({ stage: imagesStage({ name: 'halves', images: dataset }) }, sr)
    const { labels: _, ...rest } = run
    const batches = []
    for await (const batch of cascade.stream({ ...rest, firstIndex: 1, batchSize: 2 })) batches.push(batch)
    expect(batches.map(({ labels }) => [...labels!.data])).toEqual([
      [dataset.labels[1], dataset.labels[2]],
      [dataset.labels[3]],
    ])
    const [small, large] = await cascade.sample({ ...rest, firstIndex: 1 })
    expect([...small!.data]).toEqual(
      [...dataset.images.data.subarray(4, 16)].map((byte) => Math.fround(byte / 127.5 - 1)),
    )
    const direct = { lowRes: small!, labels: dataset.labels.subarray(1, 4), rng: rng(9), firstIndex: 1 }
    expect([large]).toEqual(await sampler(sr).sample(direct))
    await expect(cascade.sample({ ...rest, count: 6 })).rejects.toThrow(
      "stage 'halves': expected at most the 5 images of 'halves', got a run of those from 0 to 5",
    )
    await expect(cascade.sample(run)).rejects.toThrow("since the images of 'halves' have their own")
  })

  test('a source that draws: by the key of the stage and the place', async () => {
    const flipped = transformed({ ...dataset, classNames: undefined }, randomFlip())
    const cascade = sampler({ stage: imagesStage({ name: 'flipped', images: flipped }) }, sr)
    const whole = await cascade.sample({ ...run, count: 5, labels: 'balanced', to: 'flipped' })
    expect(await cascade.sample({ ...run, count: 5, labels: 'balanced', to: 'flipped', batchSize: 2 })).toEqual(whole)
    const other = await cascade.sample({ ...run, count: 5, labels: 'balanced', to: 'flipped', rng: rng(10) })
    expect(other).not.toEqual(whole)
  })

  test('a function: asked for each batch by place, label and key', async () => {
    const asked: Omit<ImagesRequest, 'rng'>[] = []
    const images = ({ rng: key, ...request }: ImagesRequest) => {
      asked.push({ ...request })
      return key.uniform([request.count, 2, 2, 1], 4 * request.firstIndex)
    }
    const options = { name: 'drawn', resolution: 2, imageChannels: 1, classNames: ['left', 'right'], images }
    const cascade = sampler({ stage: imagesStage(options) }, sr)
    const whole = await cascade.sample(run)
    expect(whole[0]).toEqual(rng(9).fold('drawn').uniform([3, 2, 2, 1]))
    expect(await cascade.sample({ ...run, batchSize: 2 })).toEqual(whole)
    expect(asked.map(({ count, firstIndex, labels }) => [count, firstIndex, ...labels!.data])).toEqual([
      [3, 0, 0, 1, 1],
      [2, 0, 0, 1],
      [1, 2, 1],
    ])
  })

  test('a folder of PNG files is upscaled', async () => {
    const folder = temporaryFolder()
    const { data } = dataset.images
    for (let i = 0; i < 5; i++)
      writeFileSync(join(folder, `${i}.png`), encodePng({ shape: [2, 2, 1], data: data.subarray(4 * i, 4 * i + 4) }))
    const photos = imagesStage({
      name: 'halves',
      images: await imageFolder(folder, { sameSize: true, decoding: { channels: 1 } }),
    })
    expect([photos.size, photos.imageChannels, photos.classNames]).toEqual([[2, 2], 1, undefined])
    const images = await sampler({ stage: photos }, sr).sample(run)
    const source = imagesStage({ name: 'halves', images: { ...dataset, classNames: undefined } })
    expect(images).toEqual(await sampler({ stage: source }, sr).sample(run))
    await expect(sampler({ stage: photos }, sr).sample({ ...run, labels: 'balanced', count: 6 })).rejects.toThrow(
      `at most the 5 images of '${folder}'`,
    )
  })

  test.each<[unknown, string]>([
    [rng(1).uniform([2, 2, 2, 1]), "stage 'drawn': expected images to give float32 [3,2,2,1], got float32 [2,2,2,1]"],
    [rng(1).uniform([3, 2, 2, 3]), 'got float32 [3,2,2,3]'],
    [int32(new Int32Array(12), [3, 2, 2, 1]), 'got int32 [3,2,2,1]'],
    [undefined, 'got undefined'],
    [float32(new Array(12).fill(200), [3, 2, 2, 1]), 'expected values from -1 to 1, got 200 in image 0; bytes become'],
    [
      float32([...Array(11).fill(0), Number.NaN], [3, 2, 2, 1]),
      'images from 0: expected values from -1 to 1, got NaN in image 2',
    ],
  ])('what a function gives is checked %#', async (given, message) => {
    const stage = imagesStage({
      name: 'drawn',
      resolution: 2,
      imageChannels: 1,
      images: () => given as NDArray<'float32'>,
    })
    await expect(sampler({ stage }, sr).sample(run)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(message),
    })
  })
})

test('options are checked', () => {
  const options: FunctionStageOptions = {
    name: 'drawn',
    resolution: 2,
    imageChannels: 1,
    images: () => rng(0).uniform([1]),
  }
  expect(() => imagesStage({ ...options, resolution: 0, imageChanels: 1 } as never)).toThrow("stage 'drawn': 2 errors")
  expect(() => imagesStage({ name: 'a b', images: halves(1, 2) })).toThrow('letters, digits, - and _')
  expect(() => imagesStage({ name: 'drawn', images: 3 as never })).toThrow(
    "stage 'drawn': expected images, a source such as",
  )
  expect(() => imagesStage({ name: 'drawn', images: halves(1, 2), resolution: 2 } as never)).toThrow('resolution')
  const sizes = { ...halves(1, 2), size: undefined }
  expect(() => imagesStage({ name: 'drawn', images: sizes })).toThrow(
    "expected images of one size, got no size of 'halves'",
  )
  expect(() => imagesStage(undefined as never)).toThrow('imagesStage: expected images, a source such as')
  expect(() => resampleStage({ name: 'r', resolution: 8, method: 'lanczos' as never })).toThrow(
    "stage 'r': expected method, one of 'nearest', 'bilinear', 'bicubic', 'area'; got 'lanczos'",
  )
  expect(() => resampleStage(undefined as never)).toThrow('resampleStage: expected an object')
})

const images = imagesStage({ name: 'photos', images: halves(3, 2) })
const colour = imageDataset({ name: 'colour', images: { shape: [1, 2, 2, 3], data: new Uint8Array(12) } })

test.each<[CascadeStage[], string]>([
  [
    [base, { stage: { kind: 'resample', resolution: 4 } as never }],
    'cascade: expected a stage as resampleStage makes it',
  ],
  [[base, undefined as never], 'cascade: expected a trained stage, as loadStage gives it'],
  [[base, { stage: images }], "cascade: expected 'photos' first, since it takes no images, got it after 'base'"],
  [
    [base, { stage: resampleStage({ name: 'r', resolution: 4, imageChannels: 1, method: 'area' }) }],
    "cascade: stage 'r' averages areas to 4×4: expected images at least as large, got 2×2 of 'base'",
  ],
  [
    [base, { stage: resampleStage({ name: 'r', resolution: 4, method: 'nearest' }) }],
    "cascade: expected imageChannels: 1 of the resampler 'r', since 'base' makes 2×2×1, got 3",
  ],
  [
    [base, { stage: resampleStage({ name: 'r', resolution: [4, 2], imageChannels: 1, method: 'nearest' }) }, { ...sr }],
    "cascade: stage 'sr' super-resolves 2×2×1, but 'r' makes 4×2×1",
  ],
  [[{ stage: imagesStage({ name: 'c', images: colour }) }, sr], "'sr' super-resolves 2×2×1, but 'c' makes 2×2×3"],
  [
    [{ stage: images, sampling } as never, sr],
    "'photos': expected no params and no sampling, since its kind is 'images'",
  ],
  [[{ stage: images, level: 3 } as never, sr], "expected no level of the images 'photos', got 3"],
  [[{ ...base, truncated: true }], "expected no truncated of the base 'base', got true"],
  [[base, { ...sr, levle: 3 } as never], "cascade: stage 'sr': unknown option 'levle'. Did you mean 'level'?"],
  [[base, { ...sr, truncated: 1 as never }], "stage 'sr': expected truncated, true or false, got 1"],
  [[{ ...sr, truncated: true }], "stage 'sr': expected a stage before it for truncated sampling, got none"],
  [
    [{ stage: images }, { ...sr, truncated: true }],
    "stage 'sr': expected a diffusion model before it for truncated sampling, got 'photos' (images), which has no process",
  ],
])('what does not fit is refused when the cascade is built %#', (stages, message) => {
  expect(() => sampler(...stages)).toThrow(message)
})

test('classes: some, all or no stages have them', async () => {
  const free = { stage: tinySuperResolution({ name: 'free', classNames: undefined }), params, sampling }
  const [, large] = await sampler(base, free).sample(run)
  expect(large!.shape).toEqual([3, 4, 4, 1])
  const plain = { stage: { ...tinyBase({ ...tinyNetwork() }), classNames: undefined }, params, sampling }
  expect((await sampler(plain, sr).sample(run))[1]!.shape).toEqual([3, 4, 4, 1])
  await expect(sampler(plain, sr).sample({ ...run, labels: undefined })).rejects.toThrow(
    "'sr': expected labels, a list of 3, 'balanced' or 'uniform', or one label for all images, got none",
  )
  await expect(sampler(plain, free).sample(run)).rejects.toThrow(
    'cascade: expected no labels, since the stages are unconditional, got',
  )
  // None of those sampled needs labels: they may be left out, and may be given.
  const both = sampler(base, free)
  const lowRes = rng(1).uniform([3, 2, 2, 1])
  const { labels: _, ...rest } = run
  expect(await both.sample({ ...rest, lowRes })).toEqual(await both.sample({ ...run, lowRes }))
  const third = {
    stage: tinySuperResolution({ name: 'sr2', resolution: 8, lowResolution: 4, classNames: ['a', 'b'] }),
    params,
    sampling,
  }
  expect(() => sampler(base, free, third)).toThrow(
    "expected the 2 classes of 'base' (left, right) in 'sr2', got class 0 'a' rather than 'left'",
  )
})

test('the level of a stage is the least of its augmentation, unless it is chosen', async () => {
  const noise = { name: 'gaussian-noise', schedule: { name: 'cosine', steps: 20 }, minLevel: 2, maxLevel: 12 } as const
  const { level: _, ...least } = { ...sr, stage: tinySuperResolution({ augmentation: noise }) }
  const down = { stage: resampleStage({ name: 'down', resolution: 2, imageChannels: 1, method: 'area' }) }
  const last = { ...sr, stage: tinySuperResolution({ name: 'sr2' }) }
  expect(chosenLevels({ stages: [base, least, down, last] })).toEqual([2, 3])
  const images = await sampler(base, least).sample(run)
  expect(images).toEqual(await sampler(base, least).sample({ ...run, levels: { sr: 2 } }))
  expect(images).not.toEqual(await sampler(base, least).sample({ ...run, levels: { sr: 3 } }))
  const range = "stage 'sr': expected a level s of gaussian-noise, an integer from 2 to 12, got 1"
  await expect(sampler(base, least).sample({ ...run, levels: [1] })).rejects.toThrow(range)
  expect(() => sampler(base, { ...least, level: 1 })).toThrow(range)
})

test('what can be a type error is one', () => {
  const stage = resampleStage({ name: 'r', resolution: 4, method: 'nearest' })
  expectTypeOf<{ stage: typeof stage }>().toExtend<CascadeStage>()
  expectTypeOf<{ stage: typeof stage; sampling: typeof sampling }>().not.toExtend<CascadeStage>()
  expectTypeOf<{ stage: typeof stage; level: number }>().not.toExtend<CascadeStage>()
  expectTypeOf<{ stage: typeof sr.stage; params: typeof params }>().not.toExtend<CascadeStage>()
  expectTypeOf<{ stages: [typeof base, typeof sr, { stage: typeof images }] }>().toExtend<Cascade>()
  // @ts-expect-error: a function does not say the size of its images
  expect(() => imagesStage({ name: 'drawn', images: () => rng(0).uniform([1]) })).toThrow('resolution')
  // @ts-expect-error: there is no such method
  expect(() => resampleStage({ name: 'r', resolution: 4, method: 'lanczos' })).toThrow('lanczos')
})
