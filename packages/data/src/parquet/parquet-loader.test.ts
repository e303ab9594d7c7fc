import { join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { shuffledIndices } from '../batches/shuffled-indices.ts'
import { imageLoader } from '../loader/image-loader.ts'
import type { SkippedImage } from '../loader/unreadable.ts'
import { resizeCrop } from '../transforms/crops/resize-crop.ts'
import { transformed } from '../transforms/transformed.ts'
import { parquetImages } from './parquet-images.ts'

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', `${name}.parquet`)

test.each(['datasets-groups', 'dictionary-zstd'])('%s: threads load what read gives', async (name) => {
  const source = transformed(await parquetImages(fixture(name), { label: 'label' }), resizeCrop({ size: 4 }))
  const indices = shuffledIndices(40, 8, rng(1))
  await using loader = imageLoader(source, { batchSize: 8, rng: rng(1), workers: 2 })
  for (const step of [0, 3, 7]) expect(await loader.batch(step)).toEqual(await readBatch(source, indices(step)))
})

test('rows without an image are skipped and named, or fail', async () => {
  const source = transformed(await parquetImages(fixture('holes')), resizeCrop({ size: 4 }))
  const skipped: SkippedImage[] = []
  const report = (image: SkippedImage) => skipped.push(image)
  const options = { batchSize: 20, order: 'sequential', workers: 1 } as const
  await using loader = imageLoader(source, { ...options, unreadable: 'skip', report })
  const shapes = [await loader.batch(0), await loader.batch(1)].map(({ image }) => image.shape)
  expect(shapes).toEqual([
    [16, 4, 4, 3],
    [16, 4, 4, 3],
  ])
  expect(skipped.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([4, 7, 13, 16, 22, 25, 31, 34])
  expect(skipped.find(({ index }) => index === 7)?.error.message).toContain(
    `${fixture('holes')}: row 7: expected an image, got a path only, '7.png'`,
  )
  await using strict = imageLoader(source, options)
  await expect(strict.batch(0)).rejects.toMatchObject({ code: 'data', message: expect.stringContaining('row 4') })
})
