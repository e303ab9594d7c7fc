import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { table } from '@cascade-diffusion/checks'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, expectTypeOf, test } from 'vitest'
import { decodeImage } from '../decode/decode-image.ts'
import {
  bytesOf,
  contents,
  expected,
  type ShardName,
  samplesOf,
  shardNames,
  tarOf,
  written,
} from '../testing/tar-shards.ts'
import { type LabelledTarShards, type TarShards, type TarShardsOptions, tarShards } from './tar-shards.ts'
import { tarShardsEntry } from './tar-shards-entry.ts'
import { type TarEntry, writeTar } from './write-tar.ts'

test.each(shardNames)('%s: the samples that webdataset reads', async (name) => {
  const path = written(tarOf(name))
  const samples = samplesOf(name)
  const labelled = samples.some(({ entries }) => entries.cls)
  const source = await tarShards(path, { label: labelled ? 'cls' : undefined, incomplete: 'skip' })
  const wanted = labelled
    ? expected(path, samples, ['png'])
    : samples.map(({ key, entries }) => ({
        name: `${path}: ${key}.png`,
        bytes: bytesOf(entries.png),
        label: undefined,
      }))
  const found = await contents(source)
  // Extensions are in lower case there; names of entries are as written here.
  expect(found.map((each) => ({ ...each, name: each.name.replace(/PNG$/, 'png') }))).toEqual(wanted)
  expect(found.length).toBeGreaterThan(1)
  const left = samples.length - wanted.length
  const meta = samples.filter(({ key }) => key.includes('__meta__')).length
  expect([source.skipped.count, meta]).toEqual([left, name.startsWith('gnu-tar') && name.match(/gnu\.|posix/) ? 1 : 0])
  const { images } = await source.read([1, 0])
  expect(images[1]).toEqual(await decodeImage((found[0] as { bytes: Buffer }).bytes))
})

test('an image of another extension, chosen by the order of the list', async () => {
  const path = written(tarOf('webdataset-plain.tar'))
  const source = await tarShards(path, { image: ['d.png', 'png'] })
  expect((await contents(source)).map(({ name }) => name)).toEqual(
    ['000000.png', '000001.PNG', 'a.b/c.d.png'].map((name) => `${path}: ${name}`),
  )
  const text = (name: string): TarEntry => ({ name, bytes: Buffer.from(name) })
  await writeTar(path, ['a.webp', 'a.jpg', 'b.jpg', 'b.webp'].map(text))
  const jpgs = await tarShards(path)
  expect([0, 1].map(jpgs.nameOf)).toEqual([`${path}: a.jpg`, `${path}: b.jpg`])
  const webps = await tarShards(path, { image: ['webp', 'jpg'] })
  expect([0, 1].map(webps.nameOf)).toEqual([`${path}: a.webp`, `${path}: b.webp`])
  expect(() => webps.nameOf(2)).toThrow('nameOf: expected an index, an integer from 0 to 1, got 2')
})

test('several shards: a list, a pattern, a folder; images in the order of shards', async () => {
  const folder = temporaryFolder()
  for (const name of shardNames.filter((name) => name.startsWith('webdataset-0')))
    writeFileSync(join(folder, name), tarOf(name))
  writeFileSync(join(folder, 'notes.txt'), '')
  const done: unknown[] = []
  const options: TarShardsOptions = { label: 'cls', incomplete: 'skip', progress: (each) => done.push(each) }
  const pattern = join(folder, 'webdataset-{000000..000001}.tar')
  const source = await tarShards(pattern, options)
  const names = readdirSync(folder).filter((name) => name.endsWith('.tar'))
  const wanted = names.flatMap((name) => expected(join(folder, name), samplesOf(name as ShardName), ['png']))
  expect((await contents(source)).map(({ bytes }) => bytes)).toEqual(wanted.map(({ bytes }) => bytes))
  expect([source.count, source.name, source.shards]).toEqual([7, pattern, names.map((name) => join(folder, name))])
  expect([...((await source.readLabels?.()) ?? [])]).toEqual(wanted.map(({ label }) => label))
  expect(done.at(-1)).toEqual({ shards: 2, of: 2, images: 7 })
  for (const shards of [folder, names.map((name) => join(folder, name))]) {
    const { count, nameOf } = await tarShards(shards, options)
    expect(Array.from({ length: count }, (_, i) => nameOf(i))).toEqual((await contents(source)).map(({ name }) => name))
  }
  expect((await source.encoded.locate([6, 2, 6])).images.map(({ name }) => name)).toEqual([6, 2, 6].map(source.nameOf))
})

test('shards that were joined are read to the end, and samples end where a tar ends', async () => {
  const one = tarOf('tarfile-gnu.tar')
  const path = written(Buffer.concat([one, tarOf('tarfile-pax.tar'), one]))
  const source = await tarShards(path, { label: 'cls' })
  const wanted = (['tarfile-gnu.tar', 'tarfile-pax.tar', 'tarfile-gnu.tar'] as const).flatMap((name) =>
    expected(path, samplesOf(name), ['png']),
  )
  expect(await contents(source)).toEqual(wanted)
  const entry = { name: 'a.png', bytes: Buffer.from('x') }
  await writeTar(path, [entry])
  const twice = written(Buffer.concat([readFileSync(path), readFileSync(path)]))
  expect((await tarShards(twice)).count).toBe(2)
})

test('samples without an image: an error, or left out and counted', async () => {
  const path = join(temporaryFolder(), 'a.tar')
  const names = ['README', 'a.cls', 'b.jpg', 'b.cls', 'c.json', 'x/.hidden.jpg', '__info__/x.json', '.b.jpg']
  await writeTar(
    path,
    names.map((name) => ({ name, bytes: Buffer.from('1') })),
  )
  await expect(tarShards(path)).rejects.toMatchObject({
    code: 'data',
    message:
      `${path}: a: expected an image, .jpg, .jpeg, .png, .ppm, .bmp, .pgm, .tif, .tiff, .webp, .avif, .gif, got .cls alone; ` +
      "incomplete: 'skip' leaves such samples out",
  })
  const { skipped, nameOf, count } = await tarShards(path, { incomplete: 'skip' })
  expect([skipped, count, nameOf(0)]).toEqual([{ count: 2, first: [`${path}: a`, `${path}: c`] }, 1, `${path}: b.jpg`])
  await expect(tarShards(path, { image: ['bmp'], incomplete: 'skip' })).rejects.toThrow(
    'tarShards: expected images, .bmp, in 1 shards, got none',
  )
})

test('files of macOS between those of a sample do not cut it', async () => {
  const path = join(temporaryFolder(), 'a.tar')
  const names = ['x/._a.jpg', 'x/a.jpg', 'x/._a.cls', 'x/a.cls']
  await writeTar(
    path,
    names.map((name) => ({ name, bytes: Buffer.from('1') })),
  )
  const { count, readLabels } = await tarShards(path, { label: 'cls' })
  expect([count, [...((await readLabels?.()) ?? [])]]).toEqual([1, [1]])
})

test('an entry that comes twice in a sample', async () => {
  const path = join(temporaryFolder(), 'a.tar')
  await writeTar(
    path,
    ['a.jpg', 'a.JPG'].map((name) => ({ name, bytes: Buffer.from('') })),
  )
  await expect(tarShards(path)).rejects.toMatchObject({
    code: 'data',
    message: `${path}: a.JPG: expected one entry '.jpg' of a sample, got two`,
  })
})

test('what is no shard', async () => {
  const folder = temporaryFolder()
  const tar = tarOf('tarfile-gnu.tar')
  const gz = written(gzipSync(tar), 'a.tar.gz')
  await expect(tarShards(gz)).rejects.toMatchObject({
    code: 'unsupported',
    message: `${gz}: compressed by gzip, so its images have no place to read them at; decompress it: gunzip ${gz}`,
  })
  for (const [bytes, got] of [
    [Buffer.from('text'), 'expected a header of a tar at 0, got 4 bytes'],
    [Buffer.alloc(600, 'text'), 'expected a header of a tar at 0, got other bytes'],
    [Buffer.alloc(0), 'expected blocks of zeros at the end, got none at 0: it is cut off'],
  ] as const)
    await expect(tarShards(written(bytes))).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(got),
    })
  const none = join(folder, 'none.tar')
  await expect(tarShards(none)).rejects.toMatchObject({ code: 'file', message: expect.stringContaining(none) })
  for (const [paths, message] of [
    [folder, `tarShards: expected .tar files in ${folder}, got `],
    [join(folder, 'none-*.tar'), `tarShards: expected files ${join(folder, 'none-*.tar')}, got `],
  ] as const)
    await expect(tarShards(paths)).rejects.toMatchObject({ code: 'file', message: expect.stringContaining(message) })
  symlinkSync(written(tar), join(folder, 'link.tar'))
  expect((await tarShards(folder)).count).toBe(5)
  expect((await tarShards(join(folder, 'li*.tar'))).count).toBe(5)
  const empty = written(Buffer.alloc(10_240))
  await expect(tarShards(empty)).rejects.toThrow('in 1 shards, got none')
  expect((await tarShards([empty, join(folder, 'link.tar'), empty])).nameOf(4)).toContain('link.tar')
})

test('wrong arguments are refused', async () => {
  const refused: readonly [unknown, unknown, string][] = [
    [7, {}, 'tarShards: expected a path, a folder, a pattern such as data/train-*.tar, or a list of paths, got 7'],
    [[], {}, 'or a list of paths, got an array of 0'],
    ['https://x.org/a.tar', {}, "tarShards: expected paths of files, got 'https://x.org/a.tar'"],
    ['a', { lable: 'cls' }, "tarShards: unknown option 'lable'. Did you mean 'label'?"],
    ['a', { image: 'jpg' }, "tarShards: expected image, a list of extensions, got 'jpg'"],
    ['a', { image: ['jpg', 'jpg'] }, 'expected image, a list of extensions, each once'],
    ['a', { label: 3 }, 'tarShards: expected label, a text, got 3'],
    ['a', { labelField: 'x' }, "tarShards: expected label, such as 'cls' or 'json', beside labelField and classNames"],
    ['a', { label: 'cls', classNames: [1] }, 'tarShards: expected classNames, a list of at least one text, got'],
    ['a', { incomplete: 'ignore' }, "tarShards: expected incomplete, one of 'fail', 'skip'; got 'ignore'"],
    ['a', { decoding: { channels: 7 } }, 'tarShards: expected decoding.channels, 1 to 4, got 7'],
    ['a', { progress: 1 }, 'tarShards: expected progress, a function, got 1'],
  ]
  for (const [shards, options, message] of refused)
    await expect(tarShards(shards as string, options as never)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining(message),
    })
  expectTypeOf(() => tarShards('a', { label: 'cls' })).returns.resolves.toEqualTypeOf<LabelledTarShards>()
  expectTypeOf(() => tarShards(['a'], { image: ['png'] })).returns.resolves.toEqualTypeOf<TarShards>()
  // @ts-expect-error
  expect(() => tarShards('a', { incomplete: 'ignore' })).toBeDefined()
})

test.runIf(existsSync('/proc/self/fd'))('an abort ends the opening, and leaves no descriptor', async () => {
  const folder = temporaryFolder()
  for (let i = 0; i < 40; i++) writeFileSync(join(folder, `${i}.tar`), tarOf('tarfile-gnu.tar'))
  const open = () =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return readFileSync(`/proc/self/fdinfo/${fd}`) && [fd]
      } catch {
        return []
      }
    }).length
  const before = open()
  const stop = new AbortController()
  const opening = tarShards(folder, { signal: stop.signal, progress: () => stop.abort(new Error('enough')) })
  await expect(opening).rejects.toMatchObject({ code: 'interrupted', message: 'tarShards: interrupted' })
  writeFileSync(join(folder, '5.tar'), 'no tar')
  await expect(tarShards(folder)).rejects.toThrow('5.tar: expected a header')
  expect(open()).toBe(before)
})

test('by name', async () => {
  const path = written(tarOf('tarfile-gnu.tar'))
  const source = await table('a source', [tarShardsEntry]).of('test', {
    name: 'tar-shards',
    path: [path],
    label: 'cls',
  })
  expect([source.count, source.name, source.channels]).toEqual([5, path, 3])
})

test('a shard that has braces in its name is no pattern', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'x{0..1}.tar')
  await writeTar(path, [{ name: 'a.png', bytes: new Uint8Array(1) }])
  expect((await tarShards(path)).count).toBe(1)
  expect((await tarShards([path])).shards).toEqual([path])
  await expect(tarShards(join(folder, 'y{0..1}.tar'))).rejects.toThrow('y0.tar')
})
