import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { imageFolder } from '../folder/image-folder.ts'
import { imageDataset } from '../sources/image-dataset.ts'
import { resize } from '../transforms/resize.ts'
import { transformed } from '../transforms/transformed.ts'
import { surveyImages } from './survey-images.ts'

const plain = (height: number, width: number) => sharp({ create: { width, height, channels: 3, background: 'white' } })

test('classes, and sizes by headers: upright, of formats that are read by decoding, without files that cannot be read', async () => {
  const folder = temporaryFolder()
  for (const name of ['cat', 'dog']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'cat/a.png'), await plain(10, 20).png().toBuffer())
  // Turned by EXIF: 30 high, 40 wide.
  const turned = await plain(40, 30).withMetadata({ orientation: 6 }).jpeg().toBuffer()
  writeFileSync(join(folder, 'cat/b.jpg'), turned)
  writeFileSync(join(folder, 'dog/c.ppm'), Buffer.concat([Buffer.from('P6 5 7 255\n'), Buffer.alloc(105)]))
  writeFileSync(join(folder, 'dog/d.png'), 'no image')
  const source = await imageFolder(folder, { classes: 'folders' })
  const { sizes, ...survey } = await surveyImages(source)
  expect(survey).toEqual({
    name: source.name,
    count: 4,
    channels: 3,
    classes: [
      { name: 'cat', images: 2 },
      { name: 'dog', images: 2 },
    ],
    size: undefined,
  })
  expect(sizes).toMatchObject({
    sampled: 3,
    shorter: { least: 5, tenth: 5, median: 10, greatest: 30 },
    pixels: (10 * 20 + 30 * 40 + 5 * 7) / 3,
    smallest: { index: 2, size: [7, 5] },
  })
  expect((await surveyImages(source, { sample: 1 })).sizes).toMatchObject({ sampled: 1, smallest: { size: [10, 20] } })
  expect((await surveyImages(transformed(source, resize({ size: 8 })))).sizes.shorter.greatest).toBe(8)
})

test('images of one size are not looked at; if none can be read, the first error is thrown', async () => {
  const source = imageDataset({ name: 'grey', images: { shape: [9, 4, 6, 1], data: new Uint8Array(216) } })
  expect(await surveyImages(source)).toMatchObject({ count: 9, size: [4, 6], sizes: { sampled: 1, pixels: 24 } })
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'a.png'), 'no image')
  await expect(surveyImages(await imageFolder(folder))).rejects.toThrow('a.png: could not be decoded')
})
