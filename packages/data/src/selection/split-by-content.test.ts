import { createHash } from 'node:crypto'
import { readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { encodePng } from '../images/png.ts'
import { imageDataset } from '../sources/image-dataset.ts'
import type { ImageSource, LabelledSource } from '../sources/image-source.ts'
import { randomFlip } from '../transforms/random-flip.ts'
import { transformed } from '../transforms/transformed.ts'
import { splitByContent } from './split-by-content.ts'
import { contents, tileFiles } from './test-support.ts'

const labels = Array.from({ length: 60 }, (_, i) => i % 3)

/** The pixels of both sides. */
async function sides(source: LabelledSource, validation = 0.3, options: object = {}) {
  const split = await splitByContent(source, { validation, ...options })
  return { train: (await contents(split.train)).pixels, validation: (await contents(split.validation)).pixels }
}

test('an image is on the side that its SHA-256 says', async () => {
  const source = tileFiles(labels)
  const split = await splitByContent(source, { validation: 0.3 })
  const expected = labels.flatMap((_, i) => {
    const png = readFileSync(join(source.folder, `${i}.png`))
    const digest = createHash('sha256').update(png).digest().subarray(0, 16)
    return Number.parseInt(createHash('sha256').update(digest).digest('hex').slice(0, 12), 16) / 2 ** 48 < 0.3
      ? [i]
      : []
  })
  expect(expected.length).toBeGreaterThan(5)
  const validation = await contents(split.validation)
  expect(validation).toEqual({ pixels: expected, labels: expected.map((i) => i % 3) })
  expect((await contents(split.train)).pixels).toEqual(labels.map((_, i) => i).filter((i) => !expected.includes(i)))
  expect([split.train.name, split.validation.name]).toEqual(['files (train)', 'files (validation)'])
  expect(split.validation.encoded).toBeDefined()
})

test('images that are added, removed, renamed or in another order leave the others on their side', async () => {
  const whole = await sides(tileFiles(labels))
  const order = labels.map((_, i) => i).filter((i) => i % 4 > 0)
  const fewer = await sides(tileFiles(labels, order.toReversed()))
  for (const side of ['train', 'validation'] as const)
    expect(fewer[side]).toEqual(whole[side].filter((i) => i % 4 > 0).toReversed())
})

test('copies are on one side, the salt makes another split, and a larger share contains a smaller one', async () => {
  const copies = await sides(tileFiles(labels, [...labels.keys(), ...labels.keys()]))
  const whole = await sides(tileFiles(labels))
  expect(copies.validation).toEqual([...whole.validation, ...whole.validation])
  const salted = await sides(tileFiles(labels), 0.3, { salt: 'other' })
  expect(salted.validation).not.toEqual(whole.validation)
  const larger = await sides(tileFiles(labels), 0.6)
  expect(larger.validation).toEqual(expect.arrayContaining(whole.validation))
})

test('the share of many images is as expected', async () => {
  const n = 20_000
  const data = Uint8Array.from({ length: 4 * n }, (_, i) => (i >> 2) >> (8 * (i % 4)))
  const source: ImageSource = imageDataset({ name: 'many', images: { shape: [n, 2, 2, 1], data } })
  const { train, validation } = await splitByContent(source, { validation: 0.1 })
  expect(train.count + validation.count).toBe(n)
  expect(Math.abs(validation.count - 2000)).toBeLessThan(4 * Math.sqrt(0.1 * 0.9 * n))
})

test('pixels are hashed with their shape, and before transforms', async () => {
  const strip = (shape: number[]): ImageSource =>
    imageDataset({ name: 's', images: { shape, data: Uint8Array.from({ length: 400 }, (_, i) => i >> 2) } })
  const [tall, wide] = [strip([100, 4, 1, 1]), strip([100, 1, 4, 1])]
  const count = async (source: ImageSource) => (await splitByContent(source, { validation: 0.5 })).validation
  const at = async (source: ImageSource) => {
    const side = await count(source)
    const { images } = await side.read(Array.from({ length: side.count }, (_, i) => i))
    return images.map(({ data }) => data[0])
  }
  expect(await at(tall)).not.toEqual(await at(wide))
  const flipped = await splitByContent(transformed(tall, randomFlip()), { validation: 0.5 })
  expect(flipped.validation.transforms.map(({ name }) => name)).toEqual(['random-flip'])
  expect(flipped.validation.count).toBe((await count(tall)).count)
})

test('the cache saves reading, notices changes, and survives damage', async () => {
  const cache = join(temporaryFolder(), 'deep', 'hashes')
  const source = tileFiles(labels)
  const path = join(source.folder, '7.png')
  utimesSync(path, 3, 3)
  const first = await sides(source, 0.3, { cache })
  const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest().subarray(0, 16)
  // A change that the time and the size do not show: only a file that is read again gives another hash.
  const original = readFileSync(path)
  const hidden = encodePng({ shape: [2, 2, 1], data: new Uint8Array(4).fill(251) })
  expect(hidden.length).toBe(original.length)
  writeFileSync(path, hidden)
  utimesSync(path, 3, 3)
  await splitByContent(source, { validation: 0.3, cache })
  const kept = readFileSync(cache)
  expect([kept.includes(digestOf(original)), kept.includes(digestOf(hidden))]).toEqual([true, false])
  // One that they show.
  utimesSync(path, 5, 5)
  await splitByContent(source, { validation: 0.3, cache })
  const renewed = readFileSync(cache)
  expect(renewed.length).toBe(kept.length)
  expect([renewed.includes(digestOf(original)), renewed.includes(digestOf(hidden))]).toEqual([false, true])
  writeFileSync(path, original)
  for (const damaged of [kept.subarray(0, 100), Buffer.alloc(kept.length), kept.subarray(0, 3)]) {
    writeFileSync(cache, damaged)
    expect(await sides(source, 0.3, { cache })).toEqual(first)
  }
  writeFileSync(cache, 'a text')
  const other = {
    code: 'input',
    message: expect.stringContaining('expected a file of hashes, or no file, got another'),
  }
  await expect(splitByContent(source, { validation: 0.3, cache })).rejects.toMatchObject(other)
  expect(readFileSync(cache, 'utf8')).toBe('a text')
  await expect(splitByContent(source, { validation: 0.3, cache: dirname(cache) })).rejects.toThrow('EISDIR')
})

test('an aborted pass keeps what it has hashed, and the next one adds the rest', async () => {
  const many = Array.from({ length: 200 }, () => 0)
  const source = tileFiles(many)
  const cache = join(temporaryFolder(), 'hashes')
  const stop = new AbortController()
  const seen: number[] = []
  const options = {
    validation: 0.3,
    cache,
    signal: stop.signal,
    progress: ({ done }: { done: number }) => {
      seen.push(done)
      if (done >= 100) stop.abort()
    },
  }
  await expect(splitByContent(source, options)).rejects.toMatchObject({ code: 'interrupted' })
  expect(seen).toEqual([64, 128])
  expect(readFileSync(cache).length).toBe(8 + 128 * 24 + 32)
  await splitByContent(source, { validation: 0.3, cache })
  expect(readFileSync(cache).length).toBe(8 + 200 * 24 + 32)
})

test('a file that cannot be read is named', async () => {
  const source = tileFiles(labels)
  renameSync(join(source.folder, '9.png'), join(source.folder, 'elsewhere'))
  await expect(splitByContent(source, { validation: 0.3 })).rejects.toMatchObject({
    code: 'file',
    message: expect.stringContaining('9.png'),
  })
})

test.each([
  [{}, 'splitByContent: expected validation, a share above 0 and below 1, got undefined'],
  [{ validation: 0 }, 'expected validation, a share above 0 and below 1, got 0'],
  [{ validation: 1 }, 'expected validation, a share above 0 and below 1, got 1'],
  [{ validation: 0.1, salt: 1 }, 'expected a salt, a text, got 1'],
  [{ validation: 0.1, cache: '' }, "expected cache, the path of a file, got ''"],
  [{ validation: 0.1, progress: 1 }, 'expected progress, a function'],
  [{ valdation: 0.1 }, "unknown option 'valdation'. Did you mean 'validation'?"],
  [{ validation: 1e-9 }, 'expected images on both sides, got 0 of 60 images of files in the validation set'],
])('splitByContent refuses %j', async (options, message) => {
  await expect(splitByContent(tileFiles(labels), options as never)).rejects.toThrow(message)
})
