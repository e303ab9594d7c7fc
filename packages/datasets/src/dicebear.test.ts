import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LabelledDataset, resizeImage } from '@cascade-diffusion/data'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { type DicebearOptions, type DicebearStyle, loadDicebear } from './dicebear.ts'

const cacheDir = temporaryFolder()
afterEach(() => vi.doUnmock('@resvg/resvg-js'))

const load = (options: Partial<DicebearOptions> = {}) =>
  loadDicebear({ split: 'train', perClass: 3, size: 20, ...options })
const style = async (name: DicebearStyle, size = 20) => (await load({ styles: [name], size })).images.data

test('six styles by default, in order, as RGB of the size asked for', async () => {
  const dataset = await load({ size: undefined, perClass: 2 })
  expect(dataset.name).toBe('Dicebear procedural art train')
  expect(dataset.classNames).toEqual(['thumbs', 'pixelArt', 'shapes', 'identicon', 'lorelei', 'rings'])
  expect([...dataset.labels]).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
  expect(dataset.images.shape).toEqual([12, 64, 64, 3])
})

test('identicon is symmetric, in one colour on white', async () => {
  const data = await style('identicon')
  const pixel = (i: number, y: number, x: number) =>
    data.subarray(((i * 20 + y) * 20 + x) * 3, ((i * 20 + y) * 20 + x) * 3 + 3)
  for (let i = 0; i < 3; i++) {
    const colours = new Set<string>()
    for (let y = 0; y < 20; y++)
      for (let x = 0; x < 20; x++) {
        colours.add(String(pixel(i, y, x)))
        expect(pixel(i, y, x)).toEqual(pixel(i, y, 19 - x))
      }
    expect(colours.size).toBe(2)
    expect(colours).toContain('255,255,255')
  }
})

test('lorelei is grey; rings are coloured, in white corners', async () => {
  const lorelei = await style('lorelei')
  expect(lorelei.every((byte, i) => byte === lorelei[i - (i % 3)])).toBe(true)
  const rings = await style('rings')
  expect([...rings.subarray(0, 3)]).toEqual([255, 255, 255])
  expect(rings.some((byte, i) => byte !== rings[i - (i % 3)])).toBe(true)
})

test('pixelArt has 16 × 16 pixels: its blocks are even at 64', async () => {
  const { images } = await load({ styles: ['pixelArt'], size: 64 })
  expect(resizeImage(images, 16, { filter: 'box' }).data).toEqual(await style('pixelArt', 16))
})

test('the same options give the same drawings; another seed, split or place gives others', async () => {
  const drawings = async (options: Partial<DicebearOptions>) => {
    const { data } = (await load({ styles: ['shapes'], ...options })).images
    return [0, 1, 2].map((i) => data.subarray(i * 1200, (i + 1) * 1200).join())
  }
  const first = await drawings({})
  expect(await drawings({})).toEqual(first)
  const all = [first, await drawings({ split: 'test' }), await drawings({ seed: 1 })].flat()
  expect(new Set(all).size).toBe(9)
})

test('drawings are kept, and made anew if the file is damaged', async () => {
  const drawn = vi.fn()
  const plain = ({ read, readLabels, ...dataset }: LabelledDataset) => dataset
  const fresh = plain(await load())
  const options = { cacheDir: join(cacheDir, 'new'), progress: drawn }
  expect(plain(await load(options))).toEqual(fresh)
  expect(drawn.mock.lastCall).toEqual([{ done: 18, total: 18 }])
  drawn.mockClear()
  expect(plain(await load(options))).toEqual(fresh)
  expect(drawn).not.toHaveBeenCalled()

  const [file, ...others] = await readdir(options.cacheDir)
  expect(others).toEqual([])
  const path = join(options.cacheDir, file!)
  const kept = await readFile(path)
  const flipped = Buffer.from(kept)
  flipped[500]! ^= 1
  for (const damaged of [flipped, kept.subarray(0, 1000), Buffer.alloc(0)]) {
    await writeFile(path, damaged)
    drawn.mockClear()
    expect(plain(await load(options))).toEqual(fresh)
    expect(drawn).toHaveBeenCalled()
    expect(await readFile(path)).toEqual(kept)
  }

  drawn.mockClear()
  for (const other of [{ seed: 1 }, { split: 'test' }, { perClass: 2 }, { size: 16 }, { styles: ['rings'] }] as const)
    await load({ ...options, ...other })
  expect(drawn).toHaveBeenCalledTimes(5)
})

test('a folder that cannot be written is an error', async () => {
  const path = join(cacheDir, 'file')
  await writeFile(path, '')
  await expect(load({ cacheDir: path })).rejects.toThrow(/^cannot keep 21600 bytes at .*file/)
})

test('wrong arguments and missing packages are errors', async () => {
  await expect(load({ styles: ['avataaars' as DicebearStyle] })).rejects.toThrow(
    'loadDicebear: unknown style avataaars: expected thumbs, pixelArt, shapes, identicon, lorelei, rings, glass',
  )
  await expect(load({ perClass: 0 })).rejects.toThrow('expected perClass to be an integer of at least 1, got 0')
  await expect(load({ size: 1.5 })).rejects.toThrow('expected size to be an integer of at least 1, got 1.5')
  await expect(load({ styles: [] })).rejects.toThrow('expected number of styles to be an integer of at least 1, got 0')
  await expect(load({ styles: ['rings', 'rings'] })).rejects.toThrow("got 'rings' twice")
  vi.doMock('@resvg/resvg-js', () => {
    throw new Error('no binary for this machine')
  })
  await expect(load()).rejects.toThrow('missing data: the packages that draw do not load: npm i @dicebear/core')
})

test('wrong options are errors', async () => {
  await expect(loadDicebear({ split: 'tets', perClass: 1 } as never)).rejects.toThrow("Did you mean 'test'?")
  await expect(loadDicebear({ split: 'test', perclass: 1 } as never)).rejects.toThrow("Did you mean 'perClass'?")
  await expect(loadDicebear({ split: 'test', perClass: 1, styles: 'rings' } as never)).rejects.toThrow(
    "loadDicebear: expected styles, a list, got 'rings'",
  )
  await expect(loadDicebear({ split: 'test', perClass: 1, onProgress: () => {} } as never)).rejects.toThrow(
    'loadDicebear: expected progress, as onProgress is called now',
  )
})
