import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { parseConfig } from '@cascade-diffusion/checks'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { decodeImage } from '../decode/decode-image.ts'
import type { FileRange } from '../sources/encoded-images.ts'
import type { EncodedSource } from '../sources/encoded-source.ts'
import type { LabelledSource } from '../sources/image-source.ts'
import { readEncoded } from '../sources/read-encoded.ts'
import { parquetEntry } from './parquet-entry.ts'
import { type ParquetImagesOptions, parquetImages } from './parquet-images.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const fixture = (name: string) => join(fixtures, `${name}.parquet`)

/** What pyarrow reads. */
interface Expected {
  readonly sha256: readonly (string | null)[]
  readonly paths: readonly (string | null)[]
  readonly labels: readonly (number | string | null)[]
}
const expected: Readonly<Record<string, Expected>> = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8'))

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

async function hashes(source: EncodedSource, indices: readonly number[]) {
  const { images } = await source.encoded.locate(indices)
  return Promise.all(images.map(async (image) => sha(await readEncoded(image))))
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)

const withoutLabels = new Set(['null-label.parquet', 'no-label.parquet'])
const unreadable = new Set(['paths-only.parquet'])
const kinds = Object.keys(expected).filter((name) => !unreadable.has(name))

describe.each(kinds)('%s', (file) => {
  const { sha256, paths, labels } = expected[file] as Expected
  const options: ParquetImagesOptions = withoutLabels.has(file) ? { label: false } : {}
  const path = join(fixtures, file)

  test('is what pyarrow reads', async () => {
    const source = await parquetImages(path, options)
    expect(source.count).toBe(sha256.length)
    const there = range(source.count).filter((i) => sha256[i] !== null)
    expect(await hashes(source, there)).toEqual(there.map((i) => sha256[i]))
    const { images } = await source.encoded.locate(there)
    const of = (i: number) => (paths[i] === null ? '' : ` (${paths[i]})`)
    expect(images.map(({ name }) => name)).toEqual(there.map((i) => `${path}: row ${i}${of(i)}`))
    if (options.label === false) return
    const names = await source.readLabels?.()
    expect([...(names ?? [])].map((label) => source.classNames?.[label])).toEqual(
      labels.map((label) =>
        typeof label === 'number' && file.startsWith('datasets') ? ['cat', 'dog', 'Émeu'][label] : `${label}`,
      ),
    )
  })

  test('in any order, one at a time, with repetitions', async () => {
    const source = await parquetImages(path, options)
    for (const i of [38, 3, 17, 3, 39, 0, 26].filter((row) => sha256[row] !== null)) {
      expect(await hashes(source, [i])).toEqual([sha256[i]])
      expect(await hashes(source, [0, i, i])).toEqual([0, i, i].map((row) => sha256[row]))
    }
  })
})

test('images are decoded, and have the labels of the metadata', async () => {
  const source = await parquetImages(fixture('datasets'), { label: 'label', decoding: { channels: 1 } })
  expectTypeOf(source).toExtend<LabelledSource>()
  expectTypeOf(await parquetImages(fixture('datasets'))).not.toExtend<LabelledSource>()
  expect([source.channels, source.classNames, source.size]).toEqual([1, ['cat', 'dog', 'Émeu'], undefined])
  const { images, labels } = await source.read([5, 4])
  const { images: files } = await source.encoded.locate([5, 4])
  expect(images[1]).toEqual(await decodeImage(await readEncoded(files[1]!), { channels: 1 }))
  expect(labels).toEqual([5, 4].map((i) => expected['datasets.parquet']?.labels[i]))
})

test('images that are neither compressed nor in a dictionary are ranges of the file', async () => {
  for (const name of ['datasets', 'datasets-groups', 'page-1-none', 'page-2-none', 'holes', 'binary', 'required']) {
    const { encoded } = await parquetImages(fixture(name))
    const { images } = await encoded.locate([0, 39])
    expect(images.map((image) => Object.keys(image))).toEqual([
      ['name', 'path', 'offset', 'length'],
      ['name', 'path', 'offset', 'length'],
    ])
  }
  const { encoded } = await parquetImages(fixture('page-1-zstd'), { cacheBytes: 0 })
  const { images } = await encoded.locate([0, 39])
  // The bytes of one image, not of the page: a thread would get a copy of the whole buffer.
  for (const image of images)
    expect('bytes' in image && image.bytes.buffer.byteLength).toBe((await readEncoded(image)).length)
})

describe('rows without an image', () => {
  test('a path only', async () => {
    await expect(parquetImages(fixture('paths-only'))).rejects.toMatchObject({
      code: 'data',
      message: expect.stringMatching(
        /paths-only.parquet: expected images in column 'image', got paths only: .*embed_table_storage/,
      ),
    })
    for (const name of ['holes', 'holes-2', 'holes-snappy']) {
      const { encoded } = await parquetImages(fixture(name))
      await expect(encoded.locate([0, 7])).rejects.toMatchObject({
        code: 'data',
        message: expect.stringMatching(
          /holes.*: row 7: expected an image, got a path only, '7.png': .*embed_table_storage/,
        ),
      })
    }
  })

  test('null', async () => {
    for (const name of ['holes', 'holes-2', 'holes-snappy']) {
      const { encoded } = await parquetImages(fixture(name))
      await expect(encoded.locate([13])).rejects.toThrow(`${fixture(name)}: row 13: expected an image, got null`)
      expect((await encoded.locate([12])).images).toHaveLength(1)
    }
  })
})

describe('several files', () => {
  const folder = temporaryFolder()
  const files = ['train-00001-of-00002', 'train-00000-of-00002', 'test-00000-of-00001'].map((name, i) => {
    const path = join(folder, `${name}.parquet`)
    copyFileSync(fixture(['datasets', 'datasets-groups', 'page-1-zstd'][i] as string), path)
    return path
  })
  const [second, first, other] = files as [string, string, string]

  test('are one set, in the order of their names or of the list', async () => {
    const done: unknown[] = []
    const source = await parquetImages(join(folder, 'train-*.parquet'), { progress: (progress) => done.push(progress) })
    expect([source.count, source.name, source.classNames?.length]).toEqual([80, join(folder, 'train-*.parquet'), 3])
    expect(done).toEqual([
      { done: 1, count: 2 },
      { done: 2, count: 2 },
    ])
    const { images, labels } = await source.encoded.locate([39, 40, 79])
    expect(images.map(({ name }) => name.slice(0, name.indexOf(' (')))).toEqual([
      `${first}: row 39`,
      `${second}: row 0`,
      `${second}: row 39`,
    ])
    expect(labels).toEqual([39, 0, 39].map((i) => expected['datasets.parquet']?.labels[i]))
    const listed = await parquetImages([second, first])
    expect((await listed.encoded.locate([0])).images[0]?.name).toContain('train-00001-of-00002.parquet: row 0')
    expect(listed.name).toBe(`${second} and 1 more`)
    expect((await parquetImages(join(folder, 'train-0000?-of-00002.parquet'))).count).toBe(80)
  })

  test('of several splits are not mixed', async () => {
    await expect(parquetImages(folder)).rejects.toThrow(
      `expected files of one split in ${folder}, got test, train: choose by a pattern, '${join(folder, 'test-*.parquet')}'`,
    )
    expect((await parquetImages(join(fixtures, 'datasets*.parquet'))).count).toBe(80)
  })

  test('with other classes are an error', async () => {
    const names = readFileSync(first)
    const path = join(folder, 'other.parquet')
    writeFileSync(path, Buffer.from(names.toString('latin1').replaceAll('"cat"', '"cow"'), 'latin1'))
    await expect(parquetImages([first, path])).rejects.toThrow(
      `expected the same classes in all files, got 3 (cow, dog, Émeu) in ${path}`,
    )
    expect((await parquetImages([first, other], { classNames: ['x', 'y', 'z'] })).classNames).toEqual(['x', 'y', 'z'])
  })

  test('opening ends when the signal aborts', async () => {
    const controller = new AbortController()
    const progress = () => controller.abort()
    await expect(parquetImages(files, { signal: controller.signal, progress })).rejects.toMatchObject({
      code: 'interrupted',
    })
  })
})

describe('labels', () => {
  test('texts, in code-point order or by the given names', async () => {
    const source = await parquetImages(fixture('categories'))
    expect(source.classNames).toEqual(['b', 'z', 'ä'])
    const given = await parquetImages(fixture('categories'), { classNames: ['ä', 'b', 'c', 'z'] })
    const names = async ({ classNames = [], readLabels }: EncodedSource) =>
      [...((await readLabels?.()) ?? [])].map((label) => classNames[label])
    expect(await names(given)).toEqual(await names(source))
    await expect(parquetImages(fixture('categories'), { classNames: ['b', 'z'] })).rejects.toThrow(
      /categories.parquet: row \d+, column label: expected a label, one of the 2 classes, b, z, got 'ä'/,
    )
  })

  test('null, or -1, which stands for none', async () => {
    await expect(parquetImages(fixture('null-label'))).rejects.toThrow(
      `${fixture('null-label')}: row 5, column label: expected a label, got null; label: false reads the images without labels`,
    )
    await expect(parquetImages(fixture('no-label'))).rejects.toThrow(
      'row 5, column label: expected a label, a whole number from 0, got -1 (which stands for no label); label: false',
    )
    await expect(parquetImages(fixture('datasets'), { classNames: ['a', 'b'] })).rejects.toThrow(
      'column label: expected a label, one of the 2 classes, from 0 to 1, got 2',
    )
    const unlabelled = await parquetImages(fixture('null-label'), { label: false })
    expect([unlabelled.classNames, unlabelled.readLabels]).toEqual([undefined, undefined])
    expect((await unlabelled.read([5])).labels).toBeUndefined()
  })
})

describe('errors', () => {
  test('of columns name those that there are', async () => {
    await expect(parquetImages(fixture('datasets'), { image: 'img' })).rejects.toThrow(
      `${fixture('datasets')}: expected a column 'img' of images, bytes or a struct with bytes, got 'image.bytes' (bytes), 'image.path' (text), 'label' (INT64)`,
    )
    await expect(parquetImages(fixture('datasets'), { label: 'class' })).rejects.toThrow(
      "expected a column 'class' of labels, whole numbers or texts, got 'image.bytes' (bytes)",
    )
    await expect(parquetImages(fixture('lists'))).rejects.toThrow(
      "expected a column 'image' of images, bytes or a struct with bytes, got 'image.list.element' (bytes), 'label' (DOUBLE)",
    )
    await expect(parquetImages(fixture('lists'), { image: 'image.list.element' })).rejects.toThrow(
      'column image.list.element: expected one value a row, got a list',
    )
    await expect(parquetImages(fixture('binary'), { label: 'image' })).rejects.toThrow(
      "expected a column 'image' of labels",
    )
  })

  test('of options', async () => {
    const wrong = (options: object) => parquetImages(fixture('datasets'), options)
    await expect(wrong({ lable: 'x' })).rejects.toThrow("parquetImages: unknown option 'lable'. Did you mean 'label'?")
    await expect(wrong({ image: 1 })).rejects.toThrow('expected image, the name of a column, got 1')
    await expect(wrong({ label: true })).rejects.toThrow('expected label, the name of a column or false, got true')
    await expect(wrong({ cacheBytes: -1 })).rejects.toThrow('expected cacheBytes, an integer from 0, got -1')
    await expect(wrong({ classNames: [] })).rejects.toThrow('expected classNames')
    await expect(wrong({ label: false, classNames: ['a'] })).rejects.toThrow('expected a label with classNames')
    for (const paths of [[], 3, '', [1]] as unknown as string[])
      await expect(parquetImages(paths)).rejects.toMatchObject({
        code: 'input',
        message: expect.stringContaining('train-*.parquet'),
      })
  })

  test('of files that are missing, cut short or of another format', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'x.parquet')
    await expect(parquetImages(path)).rejects.toMatchObject({ code: 'file', message: expect.stringContaining(path) })
    await expect(parquetImages(folder)).rejects.toThrow(`expected .parquet files in ${folder}, got an empty folder`)
    await expect(parquetImages(join(folder, 'a-*'))).rejects.toThrow(
      `expected files ${join(folder, 'a-*')}, got an empty folder`,
    )
    copyFileSync(fixture('datasets'), path)
    truncateSync(path, 5000)
    await expect(parquetImages(path)).rejects.toThrow(
      `${path}: expected a Parquet file, which ends with PAR1, got one that begins so`,
    )
    writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 99\n')
    await expect(parquetImages(path)).rejects.toThrow(
      `${path}: expected a Parquet file, which ends with PAR1, got a pointer of Git LFS, not the data: run \`git lfs pull\``,
    )
    writeFileSync(path, '')
    await expect(parquetImages(path)).rejects.toMatchObject({ code: 'data' })
    const bytes = readFileSync(fixture('datasets'))
    bytes.writeUInt32LE(1e9, bytes.length - 8)
    writeFileSync(path, bytes)
    await expect(parquetImages(path)).rejects.toThrow('its footer claims 1000000000 bytes')
  })

  test('of a damaged page name file, row group and column', async () => {
    const path = join(temporaryFolder(), 'x.parquet')
    const source = await parquetImages(fixture('datasets'))
    const { images } = await source.encoded.locate([20])
    const image = images[0] as FileRange
    const bytes = readFileSync(fixture('datasets'))
    bytes.writeUInt32LE(0x7fffffff, (image.offset as number) - 4)
    writeFileSync(path, bytes)
    const damaged = await parquetImages(path)
    for (const row of [0, 0, 39])
      await expect(damaged.read([row])).rejects.toMatchObject({
        code: 'data',
        message: expect.stringMatching(
          /x.parquet: row group 0, column image.bytes: value 20 of the page at \d+ claims 2147483647 bytes/,
        ),
      })
  })
})

describe('what is read', () => {
  /** Counts what is read while a function runs. */
  async function counted<T>(run: () => Promise<T>) {
    const handle = await open(fixture('datasets'))
    const prototype = Object.getPrototypeOf(handle)
    await handle.close()
    const { read } = prototype
    const counts = { bytes: 0, reads: 0 }
    prototype.read = async function (...args: unknown[]) {
      const result = await read.apply(this, args)
      counts.bytes += result.bytesRead
      counts.reads++
      return result
    }
    try {
      const value = await run()
      return { value, ...counts }
    } finally {
      prototype.read = read
    }
  }

  test.each(['datasets', 'page-1-none', 'page-2-none', 'required'])(
    '%s: one read of its bytes an image',
    async (name) => {
      const source = await parquetImages(fixture(name))
      const image = async (i: number) => readEncoded((await source.encoded.locate([i])).images[0] as FileRange)
      for (const i of range(40)) await image(i)
      for (const i of [39, 2]) {
        const { value, bytes, reads } = await counted(() => image(i))
        expect([bytes, reads]).toEqual([value.length, 1])
      }
    },
  )

  test('a compressed page is read once while it is kept, and each time if nothing is', async () => {
    const kept = await parquetImages(fixture('page-1-zstd'))
    await kept.encoded.locate([0, 39])
    expect(await counted(async () => (await kept.encoded.locate([0, 39])).images.length)).toEqual({
      value: 2,
      bytes: 0,
      reads: 0,
    })
    const forgotten = await parquetImages(fixture('page-1-zstd'), { cacheBytes: 0 })
    await forgotten.encoded.locate([0, 39])
    expect((await counted(() => forgotten.encoded.locate([0, 39]))).reads).toBeGreaterThan(2)
  })

  test.runIf(existsSync('/proc/self/fd'))('no file is left open, after errors neither', async () => {
    const before = readdirSync('/proc/self/fd').length
    const source = await parquetImages(fixture('holes'))
    for (let i = 0; i < 20; i++) await source.read([0, 7, 12]).catch(() => undefined)
    await parquetImages(fixture('datasets'), { image: 'x' }).catch(() => undefined)
    // Reads of the other images of a batch may end after the error.
    await expect.poll(() => readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before)
  })
})

test('by name, as a JSON value', async () => {
  const config = { name: 'parquet', path: join(fixtures, 'datasets*.parquet'), decoding: { channels: 4 } } as const
  const source = await parquetEntry.make(parseConfig('x', parquetEntry.schema, config))
  expect([source.count, source.channels]).toEqual([80, 4])
  expect(() => parseConfig('x', parquetEntry.schema, { ...config, path: [], cacheByte: 1 })).toThrow("'cacheByte'")
})
