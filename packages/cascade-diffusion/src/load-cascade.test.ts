import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cascadeSampler } from '@cascade-diffusion/cascade'
import { isCascadeError } from '@cascade-diffusion/checks'
import {
  decodeImage,
  encodePng,
  imageDataset,
  npzImages,
  readBatch,
  resizeImage,
  toUint8,
} from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { describe, expect, test } from 'vitest'
import { loadCascade } from './load-cascade.ts'
import type { LoadedCascade } from './loaded/loaded-cascade.ts'
import { savedTinyCascade, tinyCascade } from './tiny-cascade.ts'

const loaded = async (): Promise<LoadedCascade> => loadCascade(await savedTinyCascade(join(temporaryFolder(), 'tiny')))

/** Six pictures 10×8, dark at the top. */
const pictures = Array.from({ length: 6 }, (_, i) => ({
  shape: [10, 8, 3],
  data: Uint8Array.from({ length: 240 }, (_, at) => Math.floor(at / 24) * 20 + 5 * i),
}))

describe('sampling', () => {
  test('three lines from a saved cascade to PNG files', async () => {
    const folder = await savedTinyCascade(join(temporaryFolder(), 'tiny'))
    const out = join(temporaryFolder(), 'cats')

    const cascade = await loadCascade(folder)
    const images = await cascade.sample({ count: 3, label: 'cat' })
    await images.save(out)

    expect(readdirSync(out)).toEqual(['000000.png', '000001.png', '000002.png'])
    const expected = await cascadeSampler(tinyCascade(), { compile: jit }).sample({ count: 3, label: 0, rng: rng(0) })
    expect(images.images).toEqual(expected[1])
    expect(images.stages).toEqual({ base: expected[0], large: expected[1] })
    expect(images.labels).toEqual(['cat', 'cat', 'cat'])
    const [first] = toUint8Rows(images.images)
    const written = readFileSync(join(out, '000000.png'))
    expect((await decodeImage(written)).data).toEqual(first)
    expect(Buffer.from(await images.png(0))).toEqual(written)
    expect(cascade.stages.map(({ name }) => name)).toEqual(['base', 'large'])
    expect(cascade.classNames).toEqual(['cat', 'dog'])
    await cascade.dispose()
  })

  test('one file of all: a picture, or arrays', async () => {
    const images = await (await loaded()).sample({ labels: ['dog', 'cat', 'dog', 'cat', 'cat'], to: 'base' })
    const folder = temporaryFolder()
    await images.save(join(folder, 'all.png'))
    const grid = await decodeImage(readFileSync(join(folder, 'all.png')))
    expect(grid.shape).toEqual([2 + 2 * 6, 2 + 3 * 6, 3])
    expect((await decodeImage(await images.grid({ columns: 5, padding: 0, scale: 2 }))).shape).toEqual([8, 40, 3])
    await images.save(join(folder, 'all.npz'))
    await images.save(join(folder, 'all.npz'))
    const { image, label } = await readBatch(
      await npzImages(join(folder, 'all.npz'), { labels: 'arr_1' }),
      [0, 1, 2, 3, 4],
    )
    expect(toUint8(image)).toEqual(toUint8(images.images))
    expect([...label.data]).toEqual([1, 0, 1, 0, 0])
    expect(readdirSync(folder).sort()).toEqual(['all.npz', 'all.png'])
  })

  test('seed, steps, sampler and classes', async () => {
    const cascade = await loaded()
    const a = await cascade.sample({ count: 3 })
    expect(a.labels).toEqual(['cat', 'dog', 'cat'])
    expect((await cascade.sample()).count).toBe(1)
    const b = await cascade.sample({ count: 3, seed: 1, steps: 5, sampler: { name: 'ddim', eta: 1 } })
    expect(b.images).not.toEqual(a.images)
    const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: 5 } as const
    const { stages } = tinyCascade()
    const expected = await cascadeSampler(
      { stages: stages.map((stage) => ({ ...stage, sampling })) as typeof stages },
      { compile: jit },
    ).sample({ count: 3, labels: 'balanced', rng: rng(1) })
    expect(b.images).toEqual(expected[1])
    // Calls at the same time, of ways that differ.
    const both = await Promise.all([cascade.sample({ count: 3 }), cascade.sample({ count: 3, steps: { base: 4 } })])
    expect(both[0].images).toEqual(a.images)
    expect(both[1].images).not.toEqual(a.images)
  })

  test('an image for a canvas', async () => {
    const images = await (await loaded()).sample({ count: 2 })
    const { width, height, data } = images.imageData(1)
    expect([width, height, data.length]).toEqual([8, 8, 256])
    const [, bytes] = toUint8Rows(images.images)
    expect([...data.subarray(0, 8)]).toEqual([...bytes!.subarray(0, 3), 255, ...bytes!.subarray(3, 6), 255])
    expect(() => images.imageData(2)).toThrow('expected an index, an integer from 0 to 1, got 2')
  })
})

describe('super-resolving', () => {
  test('images of another size are cropped and resized', async () => {
    const cascade = await loaded()
    const images = await cascade.upscale(pictures)
    expect(images.images.shape).toEqual([6, 8, 8, 3])
    expect(images.labels).toBeUndefined()
    const small = pictures.map((picture) => resizeImage(picture, 4, { filter: 'box', box: [1, 0, 9, 8] }))
    expect((await cascade.upscale(small)).images).toEqual(images.images)
    const lowRes = { shape: [6, 4, 4, 3], data: Uint8Array.from(small.flatMap(({ data }) => [...data])) }
    expect((await cascade.upscale(lowRes, { from: 'large' })).images).toEqual(images.images)
    const larger = await cascade.upscale(pictures, { resize: false })
    expect(larger.images.shape).toEqual([6, 20, 16, 3])
  })

  test('of files, folders, sources, arrays and canvases', async () => {
    const cascade = await loaded()
    const folder = temporaryFolder()
    for (const [i, picture] of pictures.entries()) writeFileSync(join(folder, `${i}.png`), encodePng(picture))
    const { images } = await cascade.upscale(folder)
    expect(images.shape).toEqual([6, 8, 8, 3])
    const shape = [6, 10, 8, 3]
    const all = { shape, data: Uint8Array.from(pictures.flatMap(({ data }) => [...data])) }
    expect((await cascade.upscale(imageDataset({ name: 'all', images: all }))).images).toEqual(images)
    const first = (await cascade.upscale(join(folder, '0.png'))).images
    expect(first.data).toEqual(images.data.slice(0, first.data.length))
    const rgba = { width: 8, height: 10, data: new Uint8ClampedArray(320) }
    for (let i = 0; i < 80; i++) rgba.data.set([...pictures[0]!.data.subarray(3 * i, 3 * i + 3), 128], 4 * i)
    expect((await cascade.upscale(rgba)).images).toEqual(first)
    expect((await cascade.upscale([join(folder, '0.png'), rgba])).count).toBe(2)
    const { stages } = await cascade.sample({ count: 1, to: 'base' })
    expect((await cascade.upscale(stages.base!)).images.shape).toEqual([1, 8, 8, 3])
  })

  test('a stage of classes needs some, unless it can do without', async () => {
    const classNames = ['cat', 'dog']
    const saved = (labelDropout?: number) =>
      savedTinyCascade(join(temporaryFolder(), 'c'), { classNames, labelDropout })
    const strict = await loadCascade(await saved())
    await expect(strict.upscale(pictures)).rejects.toThrow("stage 'large': expected labels")
    expect((await strict.upscale(pictures, { label: 'dog' })).labels).toEqual(Array(6).fill('dog'))
    const free = await loadCascade(await saved(0.1))
    expect((await free.upscale(pictures)).labels).toEqual(Array(6).fill('none'))
  })
})

test('a run has its cascade in a folder', async () => {
  const run = temporaryFolder()
  writeFileSync(join(run, 'config.json'), '{}')
  await expect(loadCascade(run)).rejects.toThrow('of which not all stages are trained')
  await expect(loadCascade(join(run, 'config.json'))).rejects.toThrow(
    'expected the folder of a cascade or of a run, got',
  )
  renameSync(await savedTinyCascade(join(temporaryFolder(), 'tiny')), join(run, 'cascade'))
  expect((await loadCascade(run)).stages).toHaveLength(2)
})

test('wrong calls are refused', async () => {
  const cascade = await loaded()
  mkdirSync(join(temporaryFolder(), 'empty'))
  const wrong: [Promise<unknown>, string][] = [
    [cascade.sample({ lable: 'cat' } as never), "sample: unknown option 'lable'. Did you mean 'label'?"],
    [cascade.sample({ label: 'cta' }), "'cta'"],
    [cascade.sample({ seed: -1 }), 'seed'],
    [cascade.sample({ steps: 21 }), 'steps'],
    [cascade.sample({ steps: { larg: 3 } }), "withSampling: steps: unknown option 'larg'. Did you mean 'large'?"],
    [cascade.sample({ count: 0 }), 'expected count, an integer from 1, got 0'],
    [cascade.upscale([]), 'upscale: expected at least one image, got none'],
    [cascade.upscale({ shape: [2, 2], data: new Uint8Array(4) }), 'expected images of [h,w,1 to 4]'],
    [cascade.upscale(3 as never), 'upscale: expected images, bytes or float32 [n,h,w,C], got 3'],
    [cascade.upscale(pictures, { from: 'base' }), "upscale: expected from, one of 'large'; got 'base'"],
    [cascade.upscale([...pictures, { shape: [4, 4, 3], data: new Uint8Array(48) }], { resize: false }), '10×8 and 4×4'],
    [loadCascade(''), "loadCascade: expected a folder or a URL, got ''"],
    [loadCascade('a', { engin: 'cpu' } as never), "unknown option 'engin'. Did you mean 'engine'?"],
    [loadCascade('a', { engine: 'cpu', compile: jit }), 'expected an engine or compile, got both'],
  ]
  for (const [call, message] of wrong) {
    await expect(call).rejects.toThrow(message)
    await expect(call).rejects.toSatisfy((error) => isCascadeError(error, 'input'))
  }
  await expect(loadCascade('nowhere')).rejects.toMatchObject({ code: 'checkpoint' })
  await expect(cascade.upscale('nowhere')).rejects.toMatchObject({ code: 'file' })
})

const toUint8Rows = (images: Parameters<typeof toUint8>[0]): Uint8Array[] => {
  const { shape, data } = toUint8(images)
  const length = data.length / shape[0]!
  return Array.from({ length: shape[0]! }, (_, i) => data.subarray(i * length, (i + 1) * length))
}
