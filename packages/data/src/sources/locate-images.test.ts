import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { encodePng } from '../images/png.ts'
import { inspectImages } from '../inspect/inspect-images.ts'
import { imageLoader } from '../loader/image-loader.ts'
import { splitByContent } from '../selection/split-by-content.ts'
import { transformed } from '../transforms/transformed.ts'
import type { EncodedImages } from './encoded-images.ts'
import { encodedSource } from './encoded-source.ts'

const bytes = encodePng({ shape: [2, 2, 3], data: new Uint8Array(12) })
const sourceOf = (locate: unknown) =>
  encodedSource({ name: 'custom', count: 4, encoded: { decoding: {}, locate: locate as EncodedImages['locate'] } })

test.each<[unknown, string]>([
  [() => Promise.reject(new TypeError('no network')), 'custom: could not locate images 0, 1: no network'],
  [
    () => {
      throw 'no network'
    },
    "custom: could not locate images 0, 1: 'no network'",
  ],
  [async () => undefined, 'custom: expected 2 images from locate, got undefined'],
  [async () => ({ images: Array(5).fill({ name: 'a', bytes }) }), 'expected 2 images from locate, got an array of 5'],
  [
    async () => ({ images: [{ name: 'a', bytes }, null] }),
    'custom: expected { name, bytes } or { name, path } from locate, got null for image 1',
  ],
  [async () => ({ images: [{ name: 'a', bytes: 'x' }, {}] }), 'got an object with name, bytes for image 0'],
])('what locate gives is checked: %#', async (locate, message) => {
  const wrong = { code: 'data', message: expect.stringContaining(message) }
  const source = sourceOf(locate)
  await expect(readBatch(source, [0, 1])).rejects.toMatchObject(wrong)
  await using loader = imageLoader(source, { batchSize: 2, order: 'sequential', workers: 0 })
  await expect(loader.batch(0)).rejects.toMatchObject(wrong)
  await expect(splitByContent(source, { validation: 0.5 })).rejects.toMatchObject({ code: 'data' })
  expect((await inspectImages(source)).inspection.unreadable.images).toBe(4)
})

test('an image that locate does not find is skipped, if such are', async () => {
  const source = sourceOf(async (indices: readonly number[]) => {
    if (indices.includes(2)) throw new Error('gone')
    return { images: indices.map((i) => ({ name: `${i}`, bytes })) }
  })
  const skipped: string[] = []
  const report = ({ index, error }: { index: number; error: Error }) => skipped.push(`${index}: ${error.message}`)
  const options = { batchSize: 4, order: 'sequential', unreadable: 'skip', workers: 0, report } as const
  await using loader = imageLoader(source, options)
  expect((await loader.batch(0)).image.shape).toEqual([3, 2, 2, 3])
  expect(skipped).toEqual(['2: custom: could not locate image 2: gone'])
})

test('a transform that cannot draw is named', async () => {
  const draw = () => {
    throw new Error('no coin')
  }
  const source = transformed(
    sourceOf(async () => ({ images: [{ name: 'a', bytes }] })),
    {
      name: 'toss',
      draw,
      apply: (image) => image,
    },
  )
  const wrong = { code: 'input', message: "custom: transform 'toss' could not draw: no coin" }
  await expect(readBatch(source, [0], { rng: rng(0) })).rejects.toMatchObject(wrong)
})
