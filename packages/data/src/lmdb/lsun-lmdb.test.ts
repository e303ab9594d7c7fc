import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { parseConfig } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, expectTypeOf, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { shuffledIndices } from '../batches/shuffled-indices.ts'
import { decodeImage } from '../decode/decode-image.ts'
import type { ByteImages } from '../images/byte-images.ts'
import { imageLoader } from '../loader/image-loader.ts'
import type { LabelledSource } from '../sources/image-source.ts'
import { readEncoded } from '../sources/read-encoded.ts'
import { readImages } from '../sources/read-images.ts'
import { resizeCrop } from '../transforms/crops/resize-crop.ts'
import { transformed } from '../transforms/transformed.ts'
import { lsunEntry } from './lsun-entry.ts'
import { lsunLmdb } from './lsun-lmdb.ts'
import { openLmdb } from './open-lmdb.ts'
import { fixtureBytes, fixtureFile } from './test-support.ts'

/** LSUN's folders: 6 JPEG images of bedrooms, the first of them large, and 4 WebP images of towers. */
function lsun(): { readonly bedroom: string; readonly tower: string } {
  const root = temporaryFolder()
  const [bedroom, tower] = ['bedroom_train_lmdb', 'tower_train_lmdb'].map((name) => {
    mkdirSync(join(root, name))
    writeFileSync(join(root, name, 'data.mdb'), fixtureBytes(name))
    return join(root, name)
  })
  return { bedroom: bedroom!, tower: tower! }
}

/** All values of a file, by key. */
async function valuesOf(path: string): Promise<(readonly [key: string, value: Uint8Array])[]> {
  const values = []
  for await (const { key, value } of (await openLmdb(path)).entries())
    values.push([Buffer.from(key).toString(), value] as const)
  return values
}

function expectSame(images: readonly ByteImages[], others: readonly ByteImages[]): void {
  expect(images.map(({ shape }) => shape)).toEqual(others.map(({ shape }) => shape))
  for (const [i, { data }] of images.entries()) expect(Buffer.compare(data, others[i]!.data)).toBe(0)
}

test('one file is a source without labels, in the order of its keys', async () => {
  const { bedroom } = lsun()
  const source = await lsunLmdb(bedroom)
  const values = await valuesOf(bedroom)
  expect([source.name, source.count, source.channels, source.classNames]).toEqual([bedroom, 6, 3, undefined])
  const { images } = await readImages(source, [0, 1, 2, 3, 4, 5, 2], {})
  const decoded = await Promise.all(values.map(([, value]) => decodeImage(value)))
  expectSame(images, [...decoded, decoded[2]!])
  expect(values.map(([key]) => key)).toEqual(values.map(([key]) => key).toSorted())
})

test('large values are places in the file, small ones bytes; both are named by file and key', async () => {
  const { bedroom } = lsun()
  const { encoded } = await lsunLmdb(bedroom)
  const values = await valuesOf(bedroom)
  const path = join(bedroom, 'data.mdb')
  const { images } = await encoded.locate([...values.keys()])
  expect(images.map((image) => 'bytes' in image)).toEqual(values.map(([, value]) => value.length < 2000))
  expect(images.some((image) => 'path' in image)).toBe(true)
  for (const [i, image] of images.entries()) {
    const [key, value] = values[i]!
    expect(image.name).toBe(`${path}: key '${key}'`)
    expect(Buffer.compare(await readEncoded(image), value)).toBe(0)
    if ('path' in image)
      expect(Buffer.compare(readFileSync(path).subarray(image.offset, image.offset! + image.length!), value)).toBe(0)
  }
})

test('files by class are labelled: by names, or by the names of folders', async () => {
  const { bedroom, tower } = lsun()
  const byFolder = await lsunLmdb([bedroom, join(tower, 'data.mdb')])
  expectTypeOf(byFolder).toExtend<LabelledSource>()
  expect([byFolder.classNames, byFolder.count]).toEqual([['bedroom', 'tower'], 10])
  expect([...(await byFolder.readLabels())]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
  const { images, labels } = await readImages(byFolder, [9, 0, 5, 6, 9], {})
  expect(Array.from(labels!)).toEqual([1, 0, 0, 1, 1])
  const [bedrooms, towers] = await Promise.all([valuesOf(bedroom), valuesOf(tower)])
  const wanted = [towers[3]!, bedrooms[0]!, bedrooms[5]!, towers[0]!, towers[3]!]
  expectSame(images, await Promise.all(wanted.map(([, value]) => decodeImage(value))))

  const named = await lsunLmdb({ outside: tower, inside: bedroom }, { decoding: { channels: 1 } })
  expect([named.classNames, named.channels, named.name]).toEqual([['outside', 'inside'], 1, `${tower} + ${bedroom}`])
  expect([...(await named.readLabels())]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
  expect((await named.read([0])).images[0]!.shape[2]).toBe(1)
})

test('threads of a loader read what the source reads, from a path relative to the folder of its opening', async () => {
  const { bedroom, tower } = lsun()
  const lsunImages = await lsunLmdb([relative('.', bedroom), relative('.', tower)])
  const source = transformed(lsunImages, resizeCrop({ size: 8 }))
  const indices = shuffledIndices(10, 5, rng(1))
  await using loader = imageLoader(source, { batchSize: 5, rng: rng(1), workers: 2 })
  for (const step of [0, 1, 2]) expect(await loader.batch(step)).toEqual(await readBatch(source, indices(step)))
  const { images } = await lsunImages.encoded.locate([...Array(10).keys()])
  expect(images.every((image) => !('path' in image) || isAbsolute(image.path))).toBe(true)
})

test('a database within the file', async () => {
  const path = fixtureFile('named')
  expect((await lsunLmdb(path, { database: 'train' })).count).toBe(60)
  await expect(lsunLmdb(path)).rejects.toThrow("database: 'train' or 'validation'")
})

test('what is wrong is said', async () => {
  const { bedroom, tower } = lsun()
  const empty = fixtureFile('empty')
  const wrong: readonly (readonly [unknown, unknown, string, string])[] = [
    [[], {}, 'input', 'lsunLmdb: expected classNames, a list of at least one text'],
    [[bedroom, 1], {}, 'input', 'lsunLmdb: expected a list of paths, got 1'],
    [null, {}, 'input', 'lsunLmdb: expected a path, a list of paths or paths by class, got null'],
    [{ bedroom: 1 }, {}, 'input', 'expected the path of a folder or file, got 1'],
    [[bedroom, bedroom], {}, 'input', "expected different class names, got 'bedroom' twice"],
    [bedroom, { classNames: ['a'] }, 'input', "unknown option 'classNames'"],
    [bedroom, { decoding: { channels: 7 } }, 'input', 'lsunLmdb'],
    [{ bedroom, tower: empty }, {}, 'data', `${empty}: expected images, got an empty database`],
    [join(tower, 'none'), {}, 'file', 'expected an LMDB file, or a folder with data.mdb'],
  ]
  for (const [path, options, code, message] of wrong)
    await expect(lsunLmdb(path as string, options as object), message).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
  const numbers = fixtureFile('plain')
  const { encoded, read } = await lsunLmdb(numbers)
  const { name } = (await encoded.locate([0])).images[0]!
  await expect(read([0])).rejects.toMatchObject({ code: 'data', message: expect.stringContaining(name) })
})

test('by name: an entry of the table of sources', async () => {
  const { bedroom, tower } = lsun()
  const sources = [bedroom, [bedroom, tower], { tower, bedroom }].map((path) =>
    lsunEntry.make(parseConfig('sourceOf', lsunEntry.schema, { name: 'lsun', path, decoding: { channels: 4 } })),
  )
  const counts = (await Promise.all(sources)).map(({ count, channels, classNames }) => [count, channels, classNames])
  expect(counts).toEqual([
    [6, 4, undefined],
    [10, 4, ['bedroom', 'tower']],
    [10, 4, ['tower', 'bedroom']],
  ])
  for (const path of [3, [], ['a', 1], { a: 2 }, ''])
    expect(() => parseConfig('sourceOf', lsunEntry.schema, { name: 'lsun', path }), JSON.stringify(path)).toThrow(
      'sourceOf',
    )
})

test('a copy of the folder without the right to write is read', async () => {
  const { tower } = lsun()
  const copy = join(temporaryFolder(), 'copy')
  cpSync(tower, copy, { recursive: true })
  expect((await (await lsunLmdb(copy)).read([1, 3])).images).toHaveLength(2)
})
