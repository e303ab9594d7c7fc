import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { decodePng } from '../images/decode-png.ts'
import { encodePng } from '../images/png.ts'
import { centerCrop } from '../transforms/center-crop.ts'
import { resize } from '../transforms/resize.ts'
import { transformed } from '../transforms/transformed.ts'
import { pngFolder } from './png-folder.ts'

const picture = (seed: number, shape: readonly [number, number, number] = [3, 2, 3]) => ({
  shape,
  data: Uint8Array.from(rng(seed).integers(shape, 0, 256).data),
})

function folderOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = temporaryFolder()
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
  return folder
}

test.each([1, 2, 3, 4])('a file of %i channels is decoded as it was encoded', (channels) => {
  const image = picture(1, [5, 4, channels])
  expect(decodePng(encodePng(image))).toEqual(image)
})

/** Files that Pillow 12 wrote. */
const pillow = {
  palette:
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAABAgMAAABmjvwnAAAACVBMVEX/AAABAgMAAP9EByUtAAAACklEQVR4nGOQAAAAGgAZLYj0NgAAAABJRU5ErkJggg==',
  transparentPalette:
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAABAgMAAABmjvwnAAAACVBMVEX/AAABAgMAAP9EByUtAAAAA3RSTlP/gAB/bWh4AAAACklEQVR4nGOQAAAAGgAZLYj0NgAAAABJRU5ErkJggg==',
  grey16: 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABEAAAAACB2fwVAAAADUlEQVR4nGP4/1/IBAAHVgJFYTTRJwAAAABJRU5ErkJggg==',
  oneBit: 'iVBORw0KGgoAAAANSUhEUgAAAAkAAAABAQAAAAAkubnQAAAAC0lEQVR4nGNgaAAAAIMAgYfP7KQAAAAASUVORK5CYII=',
}

test.each([
  ['palette', 3, [255, 0, 0, 1, 2, 3, 0, 0, 255]],
  ['transparentPalette', 4, [255, 0, 0, 255, 1, 2, 3, 128, 0, 0, 255, 0]],
  ['grey16', 1, [255, 0x12]],
  ['oneBit', 1, [0, 0, 0, 0, 0, 0, 0, 0, 255]],
] as const)('a file of another form: %s', (name, channels, pixels) => {
  const { shape, data } = decodePng(Buffer.from(pillow[name], 'base64'))
  expect([shape[2], [...data]]).toEqual([channels, pixels])
})

test('what is no PNG file, or a part of one', () => {
  expect(() => decodePng(new Uint8Array(20), 'x.png')).toThrow('x.png: expected a PNG file: ')
  expect(() => decodePng('x.png' as never)).toThrow("decodePng: expected the bytes of a PNG file, got 'x.png'")
  const cut = encodePng(picture(1)).subarray(0, 60)
  expect(() => decodePng(cut)).toThrow('decodePng: expected a PNG file: ')
})

test('images are in the natural order of their names', async () => {
  const names = ['10.png', '9.png', 'b2.png', 'b10.png', 'a.PNG', '09.png', '1-2.png', '1-10.png']
  const folder = folderOf(Object.fromEntries(names.map((name, i) => [name, encodePng(picture(i))])))
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  mkdirSync(join(folder, 'more'))
  const source = await pngFolder(folder)
  expect(source.files).toEqual(['1-2.png', '1-10.png', '09.png', '9.png', '10.png', 'a.PNG', 'b2.png', 'b10.png'])
  expect([source.count, source.channels, source.size]).toEqual([8, 3, [3, 2]])
  const { images } = await source.read([4, 0])
  expect(images).toEqual([picture(0), picture(6)])
  expect((await readBatch(source, [0, 1, 2, 3])).image.shape).toEqual([4, 3, 2, 3])
})

test('channels are converted where nothing is lost', async () => {
  const folder = folderOf({
    '1.png': encodePng({ shape: [1, 2, 1], data: Uint8Array.of(3, 200) }),
    '2.png': encodePng({ shape: [1, 2, 4], data: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255) }),
    '3.png': encodePng({ shape: [1, 2, 4], data: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 254) }),
  })
  const read = async (channels: number | undefined, index: number) => [
    ...(await (await pngFolder(folder, { channels })).read([index])).images[0]!.data,
  ]
  expect(await read(undefined, 0)).toEqual([3, 200])
  expect(await read(3, 0)).toEqual([3, 3, 3, 200, 200, 200])
  expect(await read(4, 0)).toEqual([3, 3, 3, 255, 200, 200, 200, 255])
  expect(await read(2, 0)).toEqual([3, 255, 200, 255])
  expect(await read(3, 1)).toEqual([1, 2, 3, 4, 5, 6])
  await expect(read(1, 1)).rejects.toThrow(`${join(folder, '2.png')}: expected grey, got RGBA`)
  await expect(read(3, 2)).rejects.toThrow(`${join(folder, '3.png')}: expected RGB, got RGBA`)
})

test('images of mixed sizes get one by transforms', async () => {
  const [first, second] = [picture(1, [4, 4, 3]), picture(2, [6, 8, 3])]
  const source = await pngFolder(folderOf({ '1.png': encodePng(first), '2.png': encodePng(second) }), {
    mixedSizes: true,
  })
  expect(source.size).toBeUndefined()
  expect((await source.read([0, 1])).images).toEqual([first, second])
  const squares = transformed(source, centerCrop(), resize({ size: 2 }))
  expect(squares.size).toEqual([2, 2])
  expect((await readBatch(squares, [0, 1])).image.shape).toEqual([2, 2, 2, 3])
  await expect(pngFolder('x', { mixedSizes: 1 as never })).rejects.toThrow(
    'pngFolder: expected mixedSizes, true or false',
  )
})

test('what cannot be read names the file', async () => {
  const folder = folderOf({ '1.png': encodePng(picture(1)), '2.png': encodePng(picture(2, [4, 2, 3])), '3.png': 'x' })
  const source = await pngFolder(folder)
  await expect(readBatch(source, [1])).rejects.toMatchObject({
    code: 'data',
    message: `${join(folder, '2.png')}: expected images of one size, 3×2 as '1.png' has, got 4×2; with mixedSizes: true, transforms such as centerCrop and resize make them of one size`,
  })
  await expect(readBatch(source, [2])).rejects.toThrow(`${join(folder, '3.png')}: expected a PNG file`)
  await expect(pngFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'file' })
  await expect(pngFolder(folderOf({ 'a.txt': '' }))).rejects.toThrow('got 1 other files')
  await expect(pngFolder(1 as never)).rejects.toThrow('pngFolder: expected the path of a folder, got 1')
  await expect(pngFolder(folder, { channels: 5 })).rejects.toThrow('pngFolder: expected channels, 1 to 4, got 5')
  await expect(pngFolder(folder, { channel: 3 } as never)).rejects.toThrow("Did you mean 'channels'?")
})
