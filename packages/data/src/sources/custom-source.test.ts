import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { shuffledIndices } from '../batches/shuffled-indices.ts'
import { decodeImage } from '../decode/decode-image.ts'
import { toUint8 } from '../images/byte-images.ts'
import { encodePng } from '../images/png.ts'
import { imageLoader } from '../loader/image-loader.ts'
import { centerCrop } from '../transforms/crops/center-crop.ts'
import { resize } from '../transforms/resize.ts'
import { transformed } from '../transforms/transformed.ts'
import type { LabelledSource } from './image-source.ts'

/** A custom source: the PNG files of a folder, read when they are asked for; a subfolder is a class. */
function classFolders(folder: string): LabelledSource {
  const classNames = readdirSync(folder).toSorted()
  const files = classNames.flatMap((name, label) =>
    readdirSync(join(folder, name))
      .toSorted()
      .map((file) => ({ path: join(folder, name, file), label })),
  )
  return {
    name: folder,
    count: files.length,
    channels: 3,
    classNames,
    read: async (indices) => ({
      images: await Promise.all(
        indices.map(async (i) => decodeImage(await readFile(files[i]!.path), {}, files[i]!.path)),
      ),
      labels: indices.map((i) => files[i]!.label),
    }),
  }
}

const folder = temporaryFolder()
const pictures = [
  { name: 'cat', size: [5, 8] },
  { name: 'cat', size: [6, 4] },
  { name: 'dog', size: [4, 4] },
].map(({ name, size: [height, width] }, i) => {
  const shape = [height!, width!, 3]
  const image = { shape, data: Uint8Array.from(rng(i).integers(shape, 0, 256).data) }
  mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, name, `${i}.png`), encodePng(image))
  return image
})

test('pictures of a folder, of different sizes', async () => {
  const source = classFolders(folder)
  expect([source.count, source.classNames]).toEqual([3, ['cat', 'dog']])
  expect((await source.read([2, 0])).images).toEqual([pictures[2], pictures[0]])
  await expect(readBatch(source, [0, 1])).rejects.toThrow(
    `${folder}: expected images of one size, 5×8, got 6×4 in image 1; transforms make them one: transformed(source, `,
  )
})

test('cropped and resized they make batches', async () => {
  const source = transformed(classFolders(folder), centerCrop(), resize({ size: 2 }))
  const { image, label } = await imageLoader(source, { batchSize: 3, rng: rng(0) }).batch(0)
  const order = [...shuffledIndices(3, 3, rng(0))(0)]
  expect([...label.data]).toEqual(order.map((i) => (i === 2 ? 1 : 0)))
  expect(image.shape).toEqual([3, 2, 2, 3])
  const small = pictures.map((picture) => resize({ size: 2 }).apply(centerCrop().apply(picture, undefined), undefined))
  expect([...toUint8(image).data]).toEqual(order.flatMap((i) => [...small[i]!.data]))
})

test('a damaged file is an error that names it, one that is missing an error that names the source and the index', async () => {
  const broken = temporaryFolder()
  const path = join(broken, 'x', '0.png')
  mkdirSync(join(broken, 'x'))
  writeFileSync(path, 'no picture')
  const source = classFolders(broken)
  await expect(readBatch(source, [0])).rejects.toMatchObject({ code: 'data', message: expect.stringContaining(path) })
  rmSync(path)
  await expect(readBatch(source, [0])).rejects.toMatchObject({
    code: 'data',
    message: expect.stringContaining(`${broken}: could not read image 0: `),
  })
})
