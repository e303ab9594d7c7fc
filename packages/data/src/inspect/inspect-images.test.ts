import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { imageFolder } from '../folder/image-folder.ts'
import { imageDataset } from '../sources/image-dataset.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { randomFlip } from '../transforms/random-flip.ts'
import { transformed } from '../transforms/transformed.ts'
import { duplicateGroups } from './duplicates.ts'
import { inspectImages } from './inspect-images.ts'
import { inspectionPage } from './inspection-page.ts'
import { inspectionText } from './inspection-text.ts'

const grey = (height: number, width: number, value: number) =>
  sharp(new Uint8Array(height * width).fill(value), { raw: { width, height, channels: 1 } })

/** A folder with two classes: files of many forms, copies, and a damaged one. */
async function mixed(): Promise<string> {
  const folder = temporaryFolder()
  const [cat, dog] = ['cat', 'dog'].map((name) => join(folder, name)) as [string, string]
  for (const path of [cat, dog]) mkdirSync(path)
  const rgb = await grey(20, 40, 100).toColourspace('srgb').toBuffer({ resolveWithObject: true })
  expect(rgb.info.channels).toBe(3)
  const raw = sharp(rgb.data, { raw: { width: 40, height: 20, channels: 3 } })
  writeFileSync(join(cat, 'a.png'), await raw.clone().png().toBuffer())
  copyFileSync(join(cat, 'a.png'), join(cat, 'b.png'))
  copyFileSync(join(cat, 'a.png'), join(dog, 'c.png'))
  writeFileSync(join(cat, 'd.jpg'), await raw.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer())
  writeFileSync(join(dog, 'e.png'), await grey(10, 10, 50).toColourspace('b-w').png().toBuffer())
  writeFileSync(join(dog, 'f.jpg'), await raw.clone().toColourspace('cmyk').jpeg().toBuffer())
  writeFileSync(join(dog, 'g.png'), (await raw.clone().png().toBuffer()).subarray(0, 70))
  writeFileSync(join(dog, 'h.png'), 'no picture')
  return folder
}

test('a folder of mixed files: classes, sizes, forms, copies, and what cannot be read', async () => {
  const folder = await mixed()
  const source = await imageFolder(folder, { classes: 'folders' })
  const seen: number[] = []
  const { inspection, sheet } = await inspectImages(source, { progress: ({ done }) => seen.push(done) })
  const name = (path: string) => join(folder, path)
  expect(inspection).toMatchObject({
    name: folder,
    count: 8,
    inspected: 8,
    channels: 3,
    classes: [
      { name: 'cat', images: 3 },
      { name: 'dog', images: 5 },
    ],
    sizes: {
      height: { least: 10, median: 20, greatest: 40 },
      width: { least: 10, median: 40, greatest: 40 },
      different: 3,
      common: [
        { what: [20, 40], images: 4 },
        { what: [40, 20], images: 1 },
        { what: [10, 10], images: 1 },
      ],
      aspectRatios: [
        { from: 0.5, images: 1 },
        { from: 0.95, images: 1 },
        { from: 2, images: 4 },
      ],
      smallest: { name: name('dog/e.png'), size: [10, 10] },
      largest: { name: name('cat/a.png'), size: [20, 40] },
    },
    stored: {
      formats: [
        { what: 'png', images: 5 },
        { what: 'jpeg', images: 2 },
        { what: 'other', images: 1 },
      ],
      turned: 1,
      animated: 0,
    },
    duplicates: {
      copies: 2,
      groups: 1,
      conflicting: 1,
      shown: [{ images: 3, first: ['cat/a.png', 'cat/b.png', 'dog/c.png'].map((path) => ({ name: name(path) })) }],
    },
    unreadable: {
      images: 2,
      first: [
        { name: name('dog/g.png'), error: expect.stringContaining('g.png') },
        { name: name('dog/h.png'), error: expect.stringContaining('h.png') },
      ],
    },
  })
  expect(inspection.stored!.modes).toEqual(
    expect.arrayContaining([
      { what: 'RGB', images: 5 },
      { what: 'grey', images: 1 },
      { what: 'CMYK', images: 1 },
      { what: 'unknown', images: 1 },
    ]),
  )
  const bytes = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  expect(bytes).toHaveLength(8)
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(sheet!.rows.map(({ name, images }) => [name, images.length])).toEqual([
    ['cat', 3],
    ['dog', 3],
  ])
  expect(sheet!.picture.shape).toEqual([2 + 2 * 66, 2 + 3 * 66, 3])
  expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection)
})

test('the text lists what a reader asks for', async () => {
  const folder = await mixed()
  const { inspection } = await inspectImages(await imageFolder(folder, { classes: 'folders' }))
  const text = inspectionText(inspection)
  expect(text).toContain(`${folder}: 8 images of 2 classes\n`)
  expect(text).toMatch(/\n {2}format +png 5, jpeg 2, other 1\n/)
  expect(text).toMatch(/\n {2}sizes +20×40, 40×20, 10×10\n/)
  expect(text).toMatch(/\n {2}classes +5 {2}dog\n +3 {2}cat\n/)
  expect(text).toMatch(/\n {2}duplicates +2 copies of 1 image, 1 of them with different labels\n/)
  expect(text).toMatch(/\n {2}unreadable +2 images\n.*g\.png.*\n.*h\.png/)
})

test('pixels in memory: mean and deviation of each channel, copies by pixels, no form', async () => {
  const data = Uint8Array.from({ length: 6 * 8 }, (_, i) => (i < 8 || i >= 40 ? i % 2 : (i * 31) % 256))
  const source: ImageSource = imageDataset({ name: 'noise', images: { shape: [6, 2, 2, 2], data } })
  const { inspection, sheet } = await inspectImages(transformed(source, randomFlip()))
  const of = (c: number) => data.filter((_, i) => i % 2 === c)
  const mean = [0, 1].map((c) => of(c).reduce((a, b) => a + b, 0) / 24)
  const deviation = [0, 1].map((c) => Math.sqrt(of(c).reduce((sum, x) => sum + (x - mean[c]!) ** 2, 0) / 24))
  for (const c of [0, 1]) {
    expect(inspection.pixels!.mean[c]).toBeCloseTo(mean[c]!, 9)
    expect(inspection.pixels!.deviation[c]).toBeCloseTo(deviation[c]!, 9)
  }
  expect(inspection.stored).toBeUndefined()
  expect(inspection.classes).toBeUndefined()
  expect(inspection.duplicates).toMatchObject({ copies: 1, groups: 1, conflicting: 0 })
  expect(inspection.duplicates.shown[0]!.first.map(({ name }) => name)).toEqual(['noise: image 0', 'noise: image 5'])
  expect(sheet!.rows.map(({ name, images }) => [name, images.length])).toEqual([[undefined, 6]])
  expect(inspectionText(inspection)).toContain('noise: 6 images\n')
})

test('a sample is spread over the source', async () => {
  const data = Uint8Array.from({ length: 100 }, (_, i) => i)
  const source: ImageSource = imageDataset({ name: 'ramp', images: { shape: [100, 1, 1, 1], data } })
  const { inspection } = await inspectImages(source, { sample: 4 })
  expect([inspection.count, inspection.inspected]).toEqual([100, 4])
  expect(inspection.pixels!.mean).toEqual([(0 + 25 + 50 + 75) / 4])
  expect(inspectionText(inspection)).toMatch(/looked at +4 of them/)
  expect((await inspectImages(source, { sample: 1000 })).inspection.inspected).toBe(100)
})

/** Images of many classes, a million of which would do. */
const classes = (count: number) =>
  imageDataset({
    name: 'classes <of> "many" & more',
    images: { shape: [3 * count, 4, 4, 3], data: Uint8Array.from({ length: 144 * count }, (_, i) => (i * 7) % 256) },
    labels: Array.from({ length: 3 * count }, (_, i) => i % count),
    classNames: Array.from({ length: count }, (_, k) => `class-${k}`),
  })

test.each([2, 1000])('the page of %i classes is escaped, and short', async (count) => {
  const inspected = await inspectImages(classes(count))
  const page = inspectionPage(inspected)
  expect(page).toContain('classes &lt;of&gt; &quot;many&quot; &amp; more')
  expect(page.match(/class-\d+<\/td>/g)!.length).toBe(count === 2 ? 2 : 40)
  expect(inspected.sheet!.rows.length).toBe(count === 2 ? 2 : 20)
  expect(inspected.sheet!.rows.slice(0, 2).map(({ name }) => name)).toEqual(
    count === 2 ? ['class-0', 'class-1'] : ['class-0', 'class-50'],
  )
  const text = inspectionText(inspected.inspection)
  expect(text.split('\n').length).toBeLessThan(40)
})

test('labels that are known only by reading are counted as they come', async () => {
  const { readLabels, ...source } = classes(2)
  const { inspection } = await inspectImages(source)
  expect(inspection.classes).toEqual([
    { name: 'class-0', images: 3 },
    { name: 'class-1', images: 3 },
  ])
})

test('equal hashes are grouped in the order of their first places', () => {
  const values = [5, 1, 5, 2, 1, 5, 3]
  const hashes = new Uint8Array(16 * 7)
  values.forEach((value, i) => {
    hashes[16 * i + 9] = value
  })
  expect(duplicateGroups(hashes, 7)).toEqual([{ places: [0, 2, 5] }, { places: [1, 4] }])
  expect(duplicateGroups(hashes, 1)).toEqual([])
})

test('a source whose places cannot be found names the images', async () => {
  const folder = await mixed()
  const source = await imageFolder(folder)
  const broken: ImageSource = {
    ...source,
    encoded: {
      ...source.encoded,
      locate: async (indices) => {
        if (indices.includes(2)) throw new Error('page 7 is damaged')
        return source.encoded.locate(indices)
      },
    },
  }
  const { inspection } = await inspectImages(broken)
  expect(inspection.unreadable.first[0]).toEqual({
    index: 2,
    name: `${folder}: image 2`,
    error: `${folder}: could not locate image 2: page 7 is damaged`,
  })
  expect(inspection.unreadable.images).toBe(3)
})

test('wrong options, and an abort', async () => {
  const source = classes(2)
  await expect(inspectImages(source, { sample: 0 })).rejects.toThrow(
    'inspectImages: expected sample, an integer from 1',
  )
  await expect(inspectImages(source, { smaple: 1 } as never)).rejects.toThrow("Did you mean 'sample'?")
  await expect(inspectImages({} as never)).rejects.toThrow('inspectImages: expected a dataset')
  const aborted = inspectImages(source, { signal: AbortSignal.abort() })
  await expect(aborted).rejects.toMatchObject({ code: 'interrupted' })
})
