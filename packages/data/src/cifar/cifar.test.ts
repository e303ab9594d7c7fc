import { createHash } from 'node:crypto'
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { table } from '@cascade-diffusion/checks'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { cifar } from './cifar.ts'
import { cifarEntry } from './cifar-entry.ts'

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url))
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8'))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const folder = join(temporaryFolder(), 'cifar')
beforeEach(async () => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
})
/** Copies folders of fixtures to one place. */
const copied = (from: string, to = from) => cpSync(join(fixtures, from), join(folder, to), { recursive: true })

describe.each(['train', 'test'] as const)('%s', (split) => {
  test.each(['cifar-10-batches-bin', 'cifar-10-batches-py', 'again-4'])(
    '%s is what torchvision reads',
    async (from) => {
      const { name, images, labels, classNames, size, channels, count } = await cifar(join(fixtures, from), { split })
      const { sha256: digest, ...listed } = expected.cifar10[split]
      expect({ labels: [...labels], classNames }).toEqual(listed)
      expect(sha256(images.data)).toBe(digest)
      expect({ name, size, channels, count }).toEqual({
        name: `CIFAR-10 ${split}`,
        size: [32, 32],
        channels: 3,
        count: split === 'train' ? 10 : 2,
      })
    },
  )

  test.each(['cifar-100-python', 'cifar-100-binary'])('%s, fine and coarse', async (from) => {
    const fine = await cifar(join(fixtures, from), { split })
    const { sha256: digest, ...listed } = expected.cifar100[split]
    expect({ labels: [...fine.labels], classNames: fine.classNames }).toEqual(listed)
    expect(sha256(fine.images.data)).toBe(digest)
    const coarse = await cifar(join(fixtures, from), { split, labels: 'coarse' })
    expect([...coarse.labels]).toEqual(expected.coarse[split])
    expect(coarse.classNames).toEqual(expected.coarseNames)
    expect(coarse.images).toEqual(fine.images)
  })
})

test.each(['again-2', 'again-3', 'again-5', 'bytes-keys', 'fortran'])(
  'a batch written again by a Python of today is the same: %s',
  async (from) => {
    // Only one batch is kept in each form; the others are those of the original.
    copied('cifar-10-batches-py', '.')
    copied(from, '.')
    const { images, labels } = await cifar(folder, { split: 'train' })
    expect(sha256(images.data)).toBe(expected.cifar10.train.sha256)
    expect([...labels]).toEqual(expected.cifar10.train.labels)
  },
)

test('one folder may have several versions; two sets are told apart by name', async () => {
  copied('cifar-10-batches-py')
  copied('cifar-10-batches-bin')
  expect((await cifar(folder, { split: 'test' })).labels).toEqual(Int32Array.from(expected.cifar10.test.labels))
  copied('cifar-100-binary')
  await expect(cifar(folder, { split: 'test' })).rejects.toThrow("choose by set: 'cifar10' or set: 'cifar100'")
  const { labels } = await cifar(folder, { split: 'test', set: 'cifar100' })
  expect([...labels]).toEqual(expected.cifar100.test.labels)
})

test('missing files are errors that say what was expected', async () => {
  const load = () => cifar(folder, { split: 'train' })
  await writeFile(join(folder, 'cifar-10-binary.tar.gz'), '')
  await expect(load()).rejects.toThrow(
    `cifar: expected one of data_batch_1.bin, data_batch_1, train.bin, train in ${folder}, ` +
      'got cifar-10-binary.tar.gz: unpack cifar-10-binary.tar.gz first',
  )
  await expect(cifar(join(folder, 'none'), { split: 'train' })).rejects.toThrow('none, got no such folder')
  await expect(cifar(join(folder, 'cifar-10-binary.tar.gz'), { split: 'train' })).rejects.toThrow('first')
  copied('cifar-10-batches-bin')
  rmSync(join(folder, 'cifar-10-batches-bin/data_batch_3.bin'))
  await expect(load()).rejects.toThrow(/expected 5 batches, .*data_batch_3\.bin is missing/)
})

test('damaged files are errors that name the file', async () => {
  const load = () => cifar(folder, { split: 'train' })
  copied('cifar-10-batches-bin', '.')
  const batch = join(folder, 'data_batch_2.bin')
  const bytes = readFileSync(batch)
  truncateSync(batch, 3073 + 100)
  await expect(load()).rejects.toThrow(`${batch}: expected images of 3073 bytes each, got 3173 bytes`)
  writeFileSync(batch, bytes.fill(10, 3073, 3074))
  await expect(load()).rejects.toThrow(`${batch}: expected labels from 0 to 9, got 10 for image 1`)
  rmSync(join(folder, 'batches.meta.txt'))
  await expect(load()).rejects.toThrow('batches.meta.txt: expected the names of the classes')

  await rm(folder, { recursive: true })
  copied('cifar-10-batches-py', '.')
  const pickle = join(folder, 'data_batch_4')
  const whole = readFileSync(pickle)
  truncateSync(pickle, 3000)
  await expect(load()).rejects.toThrow(`${pickle}: could not be read: pickle: expected`)
  writeFileSync(pickle, Buffer.from('\x80\x02cos\nsystem\nU\x04true\x85R.', 'latin1'))
  await expect(load()).rejects.toThrow(`${pickle}: could not be read: pickle: refused 'os.system'`)
  writeFileSync(pickle, Buffer.from(whole.toString('latin1').replace('\x06labels', '\x06Labels'), 'latin1'))
  await expect(load()).rejects.toThrow(`${pickle}: expected a label in 'labels' for each of 2 images, got undefined`)
  writeFileSync(pickle, Buffer.from(whole.toString('latin1').replace('M\0\x0c\x86', 'M\0\x06\x86'), 'latin1'))
  await expect(load()).rejects.toThrow(`${pickle}: could not be read: `)
})

test('wrong options are errors', async () => {
  const path = join(fixtures, 'cifar-10-batches-bin')
  await expect(cifar(path, { split: 'val' } as never)).rejects.toThrow("expected a split, one of 'train', 'test'")
  await expect(cifar(path, { split: 'test', set: 'cifar' } as never)).rejects.toThrow("one of 'cifar10', 'cifar100'")
  await expect(cifar(path, { split: 'test', label: 'fine' } as never)).rejects.toThrow("Did you mean 'labels'?")
  await expect(cifar(path, { split: 'test', labels: 'coarse' })).rejects.toThrow('expected fine labels of CIFAR-10')
  await expect(cifar(3 as never, { split: 'test' })).rejects.toThrow('expected the path of a folder, got 3')
})

test('the entry makes it of a JSON value', async () => {
  const sources = table('a source', [cifarEntry])
  const source = await sources.of('test', { name: 'cifar', path: join(fixtures, 'cifar-100-binary'), split: 'test' })
  expect(source).toMatchObject({ name: 'CIFAR-100 test', count: 3 })
  expect(() => sources.of('test', { name: 'cifar', path: 'x', split: 'val' } as never)).toThrow("'train', 'test'")
})
