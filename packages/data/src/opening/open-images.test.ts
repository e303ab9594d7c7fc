import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { npyHeader } from '@cascade-diffusion/checkpoints'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, expectTypeOf, test } from 'vitest'
import { encodePng } from '../images/png.ts'
import { prepareImages } from '../prepare/prepare-images.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { type SourceConfig, sources } from '../sources/source-table.ts'
import { writeTar } from '../tar/write-tar.ts'
import { openImages, recogniseImages } from './open-images.ts'

const png = encodePng({ shape: [2, 2, 3], data: new Uint8Array(12).fill(9) })

/** A new folder with files: a picture each, unless contents are given. */
function folderOf(files: readonly string[] | Readonly<Record<string, Uint8Array>>): string {
  const folder = temporaryFolder()
  const entries = Array.isArray(files) ? files.map((name) => [name, png] as const) : Object.entries(files)
  for (const [name, bytes] of entries as [string, Uint8Array][]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  return folder
}

const idx = (shape: readonly number[]) =>
  Uint8Array.of(
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((n) => [0, 0, 0, n]),
    ...new Uint8Array(shape.reduce((a, b) => a * b)),
  )

const tar = async (folder: string, name: string, labelled: boolean) => {
  const label = { name: 'a.cls', bytes: Buffer.from('1') }
  await writeTar(join(folder, name), [
    { name: 'a.png', bytes: png },
    ...(labelled ? [label] : []),
    { name: 'b.png', bytes: png },
    ...(labelled ? [{ ...label, name: 'b.cls' }] : []),
  ])
  return join(folder, name)
}

const fixture = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

test.each<[string, string, SourceConfig['name'], Partial<ImageSource>]>([
  ['a flat folder', folderOf(['1.png', '2.JPG', 'notes.txt']), 'image-folder', { count: 2, classNames: undefined }],
  [
    'classes',
    folderOf(['a/1.png', 'b/1.png', 'b/deep/2.png', 'x.csv']),
    'image-folder',
    { count: 3, classNames: ['a', 'b'] },
  ],
  ['one subfolder', folderOf(['images/1.png', 'images/2.png']), 'image-folder', { count: 2, classNames: undefined }],
  [
    'train of train and val',
    folderOf(['train/a/1.png', 'train/b/1.png', 'val/a/2.png']),
    'image-folder',
    { count: 2, classNames: ['a', 'b'] },
  ],
  ['synsets', folderOf(['n01440764/1.png', 'n01443537/1.png']), 'imagenet', { name: 'ImageNet train', count: 2 }],
  [
    'train of ImageNet',
    folderOf(['train/n01440764/1.png', 'val/n01440764/2.png', 'val/n01440764/3.png']),
    'imagenet',
    { count: 1 },
  ],
  [
    'IDX',
    folderOf({
      't10k-images-idx3-ubyte': idx([5, 2, 2]),
      'train-images-idx3-ubyte': idx([3, 2, 2]),
      'train-labels-idx1-ubyte': idx([3]),
    }),
    'idx',
    { count: 3, classNames: ['0'] },
  ],
  [
    'an IDX file',
    join(folderOf({ 'x.images-idx3': idx([4, 2, 2]) }), 'x.images-idx3'),
    'idx',
    { count: 4, classNames: undefined },
  ],
  [
    'npy',
    join(
      folderOf({ 'x.npy': Buffer.concat([npyHeader({ type: 'uint8', shape: [2, 2, 2, 3] }), new Uint8Array(24)]) }),
      'x.npy',
    ),
    'npz',
    { count: 2, size: [2, 2] },
  ],
  [
    'labelled shards',
    dirname(await tar(temporaryFolder(), 'x.tar', true)),
    'tar-shards',
    { count: 2, classNames: ['0', '1'] },
  ],
  ['a shard', await tar(temporaryFolder(), 'x.dat', false), 'tar-shards', { count: 2, classNames: undefined }],
])('%s', async (_, path, name, expected) => {
  const config = await recogniseImages(path)
  expect(config.name).toBe(name)
  expect(await openImages(path)).toMatchObject(expected)
  expect(await openImages(config)).toMatchObject(expected)
})

const lmdb = (name: string) => gunzipSync(readFileSync(fixture(`lmdb/fixtures/${name}.mdb.gz`)))

test.each<[string, string, SourceConfig['name'], Partial<ImageSource>]>([
  ['CIFAR-10', fixture('cifar/fixtures/cifar-10-batches-py'), 'cifar', { name: 'CIFAR-10 train' }],
  ['CIFAR-100', fixture('cifar/fixtures/cifar-100-python'), 'cifar', { name: 'CIFAR-100 train' }],
  ['parquet', fixture('parquet/fixtures/datasets.parquet'), 'parquet', {}],
  ['a file of LMDB', join(folderOf({ 'x.mdb': lmdb('plain') }), 'x.mdb'), 'lsun', {}],
  ['LMDB 1.0', folderOf({ 'data.mdb': lmdb('format-3') }), 'lsun', {}],
  ['a file of LMDB 1.0', join(folderOf({ 'x.mdb': lmdb('format-3') }), 'x.mdb'), 'lsun', {}],
  ['npz', fixture('arrays/fixtures/adm.npz'), 'npz', {}],
])('files of other tools: %s', async (_, path, name, expected) => {
  expect((await recogniseImages(path)).name).toBe(name)
  expect((await openImages(path)).count).toBeGreaterThan(0)
  expect(await openImages(path)).toMatchObject(expected)
})

test('a split is chosen by name', async () => {
  const folders = folderOf(['train/a/1.png', 'train/b/1.png', 'val/a/2.png', 'val/b/1.png', 'val/b/2.png'])
  expect((await openImages(folders, { split: 'val' })).count).toBe(3)
  await expect(openImages(folders, { split: 'test' })).rejects.toThrow(
    `openImages: expected the split 'test' in ${folders}, got train, val`,
  )
  const shards = temporaryFolder()
  for (const name of ['train-0.tar', 'train-1.tar', 'val-0.tar']) await tar(shards, name, true)
  expect((await openImages(shards)).count).toBe(4)
  expect((await openImages(shards, { split: 'val' })).count).toBe(2)
  await expect(openImages(shards, { split: 'test' })).rejects.toMatchObject({ code: 'data' })
  const mnist = folderOf({ 't10k-images-idx3-ubyte': idx([5, 2, 2]), 'train-images-idx3-ubyte': idx([3, 2, 2]) })
  expect((await openImages(mnist, { split: 'test' })).count).toBe(5)
  const databases = folderOf(['bedroom_train_lmdb/data.mdb', 'bridge_train_lmdb/data.mdb', 'bridge_val_lmdb/data.mdb'])
  expect(await recogniseImages(databases)).toEqual({
    name: 'lsun',
    path: ['bedroom_train_lmdb', 'bridge_train_lmdb'].map((name) => join(databases, name)),
  })
  const hub = folderOf(['README.md', 'data/train-00000-of-00001.parquet', 'data/test-00000-of-00001.parquet'])
  expect(await recogniseImages(hub, { split: 'test' })).toEqual({
    name: 'parquet',
    path: [join(hub, 'data', 'test-00000-of-00001.parquet')],
  })
})

test('a prepared copy, finished or not', async () => {
  const folder = temporaryFolder()
  await prepareImages(await openImages(folderOf(['a/1.png', 'b/1.png'])), folder, { format: 'tar' })
  expect(await openImages(folder)).toMatchObject({ name: folder, count: 2, classNames: ['a', 'b'] })
  const unfinished = folderOf({ 'unfinished.json': Buffer.from('{}') })
  expect(await recogniseImages(unfinished)).toEqual({ name: 'prepared', path: unfinished })
})

test('patterns are left to their sources', async () => {
  const folder = temporaryFolder()
  for (const name of ['train-0.tar', 'train-1.tar']) await tar(folder, name, true)
  for (const pattern of ['train-{0..1}.tar', 'train-*.tar']) {
    const path = join(folder, pattern)
    expect(await recogniseImages(path)).toEqual({ name: 'tar-shards', path, label: 'cls' })
  }
  await expect(recogniseImages('x/train-{000..146}.tar')).rejects.toMatchObject({
    code: 'file',
    message: 'openImages: expected a file or a folder x/train-000.tar, there is none',
  })
  expect(await recogniseImages('x/train-*.parquet')).toEqual({ name: 'parquet', path: 'x/train-*.parquet' })
})

test('what is not known is an error that lists what is', async () => {
  const known = /expected one of these at .*:\n {2}a folder of images, .*\n(.*\n)* {2}a copy by prepareImages/
  const folder = folderOf(['notes.txt', 'b/c/d.txt'])
  await expect(openImages(folder)).rejects.toMatchObject({ code: 'data', message: expect.stringMatching(known) })
  await expect(openImages(folder)).rejects.toThrow(/\ngot b, notes\.txt$/)
  await expect(openImages(join(folder, 'notes.txt'))).rejects.toThrow('got a file of another kind')
  await expect(openImages(temporaryFolder())).rejects.toThrow('got an empty folder')
  await expect(openImages(join(folder, 'gone'))).rejects.toMatchObject({
    code: 'file',
    message: `openImages: expected a file or a folder ${join(folder, 'gone')}, there is none`,
  })
  await expect(openImages(3 as never)).rejects.toThrow('openImages: expected a source of images')
  await expect(openImages('x', { split: 'tests' as never })).rejects.toThrow("Did you mean 'test'?")
  await expect(openImages({ name: 'npz', path: 'x.npz' }, { split: 'val' })).rejects.toThrow('expected a split in the')
  await expect(openImages({ name: 'tarshards', path: 'x' } as never)).rejects.toThrow("Did you mean 'tar-shards'?")
})

test('the table has every source of files', () => {
  expect(sources.names).toEqual([
    'image-folder',
    'imagenet',
    'lsun',
    'tar-shards',
    'parquet',
    'npz',
    'cifar',
    'idx',
    'prepared',
  ])
  expectTypeOf<{ readonly name: 'prepared'; readonly path: string }>().toExtend<SourceConfig>()
})
