import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { decodeImage } from '../decode/decode-image.ts'
import { balancedClasses } from '../selection/balanced-classes.ts'
import { imageDataset } from '../sources/image-dataset.ts'
import type { ImageSource, LabelledSource } from '../sources/image-source.ts'
import { readEncoded } from '../sources/read-encoded.ts'
import { centerCrop } from '../transforms/crops/center-crop.ts'
import { randomFlip } from '../transforms/random-flip.ts'
import { resize } from '../transforms/resize.ts'
import { transformed } from '../transforms/transformed.ts'
import { drawnSource } from './drawn-source.ts'
import type { PrepareOptions } from './options.ts'
import { prepareImages } from './prepare-images.ts'
import { preparedImages } from './prepared-images.ts'

const drawn = drawnSource(temporaryFolder(), 60)
const small = (source: ImageSource) => transformed(source, centerCrop(), resize({ size: 16 }))
const reference = small(drawn)
const all = Array.from({ length: 60 }, (_, i) => i)
const formats = ['npy', 'tar'] as const

const prepare = (folder: string, options: PrepareOptions = {}, source: ImageSource = drawn) =>
  prepareImages(small(source), folder, { shardImages: 7, workers: 0, ...options })

/** All files of a folder, by name. */
const contents = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((file) => [
        file,
        createHash('sha256')
          .update(readFileSync(join(folder, file)))
          .digest('hex'),
      ]),
  )

test.each(formats)('a copy in %s has the images that the transforms give, and their labels', async (format) => {
  const folder = join(temporaryFolder(), 'deep', 'copy')
  const made = await prepare(folder, { format })
  expect(made).toEqual({ count: 60, made: 60, unreadable: [], manifest: join(folder, 'manifest.json') })
  const copy = (await preparedImages(folder, { verify: true })) as LabelledSource
  expect(copy).toMatchObject({ name: folder, count: 60, channels: 3, size: [16, 16], classNames: ['even', 'odd'] })
  const places = [...all, 33, 2]
  expect(await readBatch(copy, places)).toEqual(await readBatch(reference, places))
  expect(await copy.readLabels!()).toEqual(Int32Array.from(all, (i) => i % 2))
  expect(copy.encoded !== undefined).toBe(format === 'tar')
  if (copy.encoded) {
    const { images, labels } = await copy.encoded.locate([59, 3])
    expect(labels).toEqual([1, 1])
    const { data } = await decodeImage(await readEncoded(images[0]!))
    expect(data).toEqual((await reference.read([59])).images[0]!.data)
  }
  const balanced = await balancedClasses(copy)
  expect((await readBatch(balanced, [0, 1])).label.data).toEqual(Int32Array.of(0, 1))
})

test('the manifest says what was done, and of each shard its checksum', async () => {
  const folder = temporaryFolder()
  await prepare(folder, {}, transformed(drawn, centerCrop({ size: 18 })))
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  expect(manifest).toMatchObject({
    format: 'cascade-diffusion images 1',
    count: 60,
    size: [16, 16],
    channels: 3,
    settings: {
      source: { name: 'drawn', images: [60, null, null, 3] },
      decoding: { channels: 3 },
      transforms: [{ name: 'center-crop', size: 18 }, { name: 'center-crop' }, { name: 'resize', size: 16 }],
      format: 'npy',
      shardImages: 7,
      unreadable: 'fail',
      classNames: ['even', 'odd'],
    },
    versions: { sharp: expect.stringMatching(/^\d/), vips: expect.stringMatching(/^\d/) },
  })
  expect(manifest.shards).toHaveLength(9)
  for (const { labels, ...images } of manifest.shards)
    for (const { file, bytes, sha256 } of [images, labels]) {
      const content = readFileSync(join(folder, file))
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256])
    }
  expect(manifest.shards.map(({ images }: { images: number }) => images)).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 4])
})

test.each([1, 2, 3, 4])('images of %i channels, unlabelled, in both formats', async (channels) => {
  const data = Uint8Array.from({ length: 5 * 6 * 4 * channels }, (_, i) => (i * 37) % 256)
  const source: ImageSource = imageDataset({ name: 'noise', images: { shape: [5, 6, 4, channels], data } })
  for (const format of formats) {
    const folder = temporaryFolder()
    await prepareImages(source, folder, { format, shardBytes: 2 * 24 * channels })
    const copy = await preparedImages(folder)
    expect([copy.manifest.shards.length, copy.classNames, copy.readLabels]).toEqual([3, undefined, undefined])
    expect((await copy.read([4, 0, 1, 2, 3])).images.map((image) => [...image.data])).toEqual(
      [4, 0, 1, 2, 3].map((i) => [...data.subarray(i * 24 * channels, (i + 1) * 24 * channels)]),
    )
  }
})

test('tar shards may hold images of several sizes', async () => {
  const folder = temporaryFolder()
  await prepareImages(drawn, folder, { format: 'tar', shardImages: 25 })
  const copy = await preparedImages(folder)
  expect([copy.size, copy.manifest.size]).toEqual([undefined, null])
  expect((await copy.read([6, 41])).images).toEqual((await drawn.read([6, 41])).images)
})

test.each(formats)('killed twice at any moment, a copy in %s becomes that of a call without a kill', async (format) => {
  const [images, folder, whole] = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
  for (const ms of [5, 40]) {
    const script = fileURLToPath(new URL('prepare-child.ts', import.meta.url))
    const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx', script, images, folder, format]
    const child = spawn(process.execPath, flags)
    await once(child.stdout, 'data')
    setTimeout(() => child.kill('SIGKILL'), ms)
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGKILL')
  }
  writeFileSync(join(folder, 'shard-000008.tar.1-0.partial'), 'of a killed call')
  expect(existsSync(join(folder, 'manifest.json'))).toBe(false)
  await prepare(folder, { format })
  await prepare(whole, { format })
  expect(contents(folder)).toEqual(contents(whole))
})

test('threads make the same copy', async () => {
  const [folder, whole] = [temporaryFolder(), temporaryFolder()]
  for (const format of formats) {
    await prepare(join(folder, format), { format, workers: 2, shardImages: 45 })
    await prepare(join(whole, format), { format, shardImages: 45 })
    expect(contents(join(folder, format))).toEqual(contents(join(whole, format)))
  }
})

test('an aborted call is resumed after its last whole shard', async () => {
  const [folder, whole] = [temporaryFolder(), temporaryFolder()]
  const stop = new AbortController()
  const progress = ({ done, total }: { done: number; total: number }) => {
    expect(total).toBe(60)
    if (done === 35) stop.abort()
  }
  await expect(prepare(folder, { progress, signal: stop.signal })).rejects.toMatchObject({ code: 'interrupted' })
  await expect(preparedImages(folder)).rejects.toMatchObject({
    code: 'data',
    message: `preparedImages: expected a finished copy in ${folder}, got 35 of 60 images; prepareImages with the same settings resumes`,
  })
  const seen: number[] = []
  expect((await prepare(folder, { progress: ({ done }) => seen.push(done) })).made).toBe(25)
  expect([seen.slice(0, 6), seen.at(-1)]).toEqual([[7, 14, 21, 28, 35, 42], 60])
  await prepare(whole)
  expect(contents(folder)).toEqual(contents(whole))
  expect((await prepare(folder)).made).toBe(0)
})

test('lost and shortened shards are refused, and made again by the same call', async () => {
  const folder = temporaryFolder()
  await prepare(folder)
  const before = contents(folder)
  rmSync(join(folder, 'images-000001.npy'))
  writeFileSync(join(folder, 'labels-000003.npy'), 'short')
  await expect(preparedImages(folder)).rejects.toMatchObject({
    code: 'data',
    message: expect.stringMatching(
      /images-000001.npy: it is not there\n {2}labels-000003.npy: expected \d+ bytes, got 5$/,
    ),
  })
  expect((await prepare(folder)).made).toBe(14)
  expect(contents(folder)).toEqual(before)
})

test('a changed byte is found by verify', async () => {
  const folder = temporaryFolder()
  await prepare(folder)
  const path = join(folder, 'images-000002.npy')
  const file = readFileSync(path)
  file[500]! ^= 1
  writeFileSync(path, file)
  await preparedImages(folder)
  const seen: number[] = []
  const verify = preparedImages(folder, { verify: true, progress: ({ done, total }) => seen.push(done / total) })
  await expect(verify).rejects.toThrow('images-000002.npy: expected the SHA-256')
  expect(seen.at(-1)).toBe(1)
  const aborted = preparedImages(folder, { verify: true, signal: AbortSignal.abort() })
  await expect(aborted).rejects.toMatchObject({ code: 'interrupted' })
})

test('a file of another form, and labels out of range, are refused', async () => {
  const folder = temporaryFolder()
  await prepare(folder)
  const path = join(folder, 'labels-000000.npy')
  const labels = readFileSync(path)
  const changed = Buffer.from(labels)
  changed.writeBigInt64LE(2n, 128)
  writeFileSync(path, changed)
  await expect(preparedImages(folder)).rejects.toThrow(`${path}: expected labels from 0 to 1, got 2 at 0`)
  changed.set(Buffer.from('<i4'), labels.indexOf('<i8'))
  writeFileSync(path, changed)
  await expect(preparedImages(folder)).rejects.toThrow(`${path}: expected the header of int64 [7], got another`)
})

test('images that cannot be read end the work, or are left out and listed', async () => {
  const source = drawnSource(temporaryFolder(), 20, [3, 11])
  const folder = temporaryFolder()
  await expect(prepare(folder, {}, source)).rejects.toMatchObject({
    code: 'data',
    message: expect.stringMatching(/3\.png: could not be decoded/),
  })
  // The same folder resumes, and leaves them out. Back again would need the images.
  expect((await prepare(folder, { unreadable: 'skip' }, source)).count).toBe(18)
  await expect(prepare(folder, {}, source)).rejects.toThrow('unreadable: "skip" there, "fail" now')
  for (const format of formats) {
    const skipped = temporaryFolder()
    const { count, unreadable } = await prepare(skipped, { format, unreadable: 'skip' }, source)
    expect([count, unreadable.map(({ index }) => index)]).toEqual([18, [3, 11]])
    expect(unreadable[0]).toMatchObject({
      name: expect.stringMatching(/3\.png$/),
      error: expect.stringContaining('3.png'),
    })
    const copy = (await preparedImages(skipped)) as LabelledSource
    const kept = Array.from({ length: 20 }, (_, i) => i).filter((i) => i !== 3 && i !== 11)
    const places = kept.map((_, i) => i)
    expect(await readBatch(copy, places)).toEqual(await readBatch(reference, kept))
    expect((await prepare(skipped, { format, unreadable: 'skip' }, source)).unreadable).toEqual(unreadable)
  }
  const none = drawnSource(temporaryFolder(), 2, [0, 1])
  await expect(prepare(temporaryFolder(), { unreadable: 'skip' }, none)).rejects.toThrow('got none of 2')
})

test('another copy, other files and a damaged manifest in the folder are refused', async () => {
  const folder = temporaryFolder()
  await prepare(folder)
  const before = contents(folder)
  const squeezed = prepareImages(transformed(drawn, resize({ size: 16 })), folder, { format: 'tar', shardImages: 7 })
  await expect(squeezed).rejects.toMatchObject({
    code: 'input',
    message: expect.stringMatching(
      /got others:\n {2}transforms: \[.*\] there, \[.*\] now\n {2}format: "npy" there, "tar" now\nrestore them/,
    ),
  })
  await expect(prepare(folder, {}, drawnSource(temporaryFolder(), 61))).rejects.toThrow(
    /source: .*60.* there, .*61.* now/,
  )
  expect(contents(folder)).toEqual(before)
  const other = temporaryFolder()
  writeFileSync(join(other, 'thesis.tex'), '')
  await expect(prepare(other)).rejects.toThrow(
    `expected ${other} to be empty or a prepared copy, got 'thesis.tex' in it`,
  )
  const file = join(other, 'thesis.tex')
  await expect(prepare(file)).rejects.toThrow('expected a folder')
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  for (const [changes, message] of [
    [{ format: 'x' }, 'manifest.json: expected format'],
    [{ count: 3 }, 'manifest.json: expected 3 images in the shards, got 60'],
    [{ count: 0, shards: [] }, 'manifest.json: expected at least one image, got none'],
    [{ size: [0, 1] }, 'expected size, [height, width]'],
    [{ shards: [{ ...manifest.shards[0], file: '../x' }] }, 'the name of a file in the folder'],
  ] as const) {
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...changes }))
    await expect(preparedImages(folder)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(message),
    })
  }
  writeFileSync(join(folder, 'manifest.json'), '{')
  await expect(preparedImages(folder)).rejects.toThrow('manifest.json: expected JSON')
})

test('a copy that another decoder began is refused', async () => {
  const folder = temporaryFolder()
  const stop = new AbortController()
  const progress = ({ done }: { done: number }) => done === 21 && stop.abort()
  await prepare(folder, { progress, signal: stop.signal }).catch(() => {})
  const path = join(folder, 'unfinished.json')
  const unfinished = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...unfinished, versions: { sharp: '0.1.0', vips: '8.0.0' } }))
  await expect(prepare(folder)).rejects.toThrow('expected sharp 0.1.0, vips 8.0.0, which began the copy')
})

test.each<[object, string]>([
  [{ format: 'zip' }, "prepareImages: expected format, one of 'npy', 'tar'; got 'zip'"],
  [{ shardImages: 0 }, 'expected shardImages, an integer from 1, got 0'],
  [{ shardBytes: 9 }, 'expected shardImages or shardBytes, got both'],
  [{ unreadable: 'ignore' }, "expected unreadable, one of 'fail', 'skip'"],
  [{ progress: 1 }, 'expected progress, a function'],
  [{ workers: -1 }, 'expected workers, an integer from 0 to 256, got -1'],
  [{ shardimages: 3 }, "Did you mean 'shardImages'?"],
])('prepareImages refuses %j before it writes', async (options, message) => {
  const folder = join(temporaryFolder(), 'new')
  await expect(prepare(folder, options)).rejects.toMatchObject({
    code: 'input',
    message: expect.stringContaining(message),
  })
  expect(existsSync(folder)).toBe(false)
})

test('random transforms of the source, large shards and wrong calls are refused', async () => {
  await expect(prepare('x', {}, transformed(reference, randomFlip()))).rejects.toThrow("got 'random-flip'")
  const vast = { ...drawn, count: 2 ** 40, size: [32, 32] as const }
  await expect(prepare('x', { shardImages: 2 ** 24 }, vast)).rejects.toThrow('expected shards of at most 1 GiB')
  await expect(prepareImages(drawn, 'x')).rejects.toThrow(
    'prepareImages: expected images of one size for the format npy',
  )
  await expect(prepareImages(drawn, '', {})).rejects.toThrow('prepareImages: expected the path of a folder')
  const mixed = prepareImages(drawn, 'x', { format: 'tar', shardBytes: 100 })
  await expect(mixed).rejects.toThrow('expected shardImages, as the sizes of images differ, got shardBytes')
  await expect(preparedImages(temporaryFolder())).rejects.toThrow('expected manifest.json in')
  await expect(preparedImages('x', { verify: 1 } as never)).rejects.toThrow('expected verify, true or false')
})
