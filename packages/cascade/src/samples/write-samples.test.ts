import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rows } from '@cascade-diffusion/arrays'
import { readNpz } from '@cascade-diffusion/checkpoints'
import { encodePng, imageDataset, npzImages, readBatch, toUint8 } from '@cascade-diffusion/data'
import { ddim } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { describe, expect, test } from 'vitest'
import { cascadeSampler } from '../sampling/cascade/cascade-sampler.ts'
import { halves, tinyBase, tinyNetwork } from '../test-support.ts'
import type { WriteSamplesOptions } from './options.ts'
import { tinyRun, tinySampler } from './tiny-run.ts'
import { writeSamples } from './write-samples.ts'

/** All files below a folder, by name. */
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  )

const sampled = { count: 10, labels: 'balanced', levels: [3], rng: rng(9), batchSize: 4 } as const
const small: Partial<WriteSamplesOptions> = sampled

describe('what is written', () => {
  test('PNG files of every stage, and a manifest', async () => {
    const folder = join(temporaryFolder(), 'deep', 'images')
    const result = await tinyRun(folder, small)
    expect(result).toEqual({
      count: 10,
      sampled: 10,
      paths: { base: join(folder, 'base'), sr: join(folder, 'sr') },
      manifest: join(folder, 'samples.json'),
    })
    const images = await tinySampler().sample(sampled)
    const names = Array.from({ length: 10 }, (_, i) => `00000${i}.png`)
    expect(readdirSync(folder).sort()).toEqual(['base', 'samples.json', 'sr'])
    for (const [i, stage] of ['base', 'sr'].entries()) {
      expect(readdirSync(join(folder, stage)).sort()).toEqual(names)
      for (const [place, name] of names.entries()) {
        const image = rows(images[i]!, place, place + 1)
        expect(readFileSync(join(folder, stage, name))).toEqual(Buffer.from(encodePng(image)))
      }
    }
    expect(JSON.parse(readFileSync(result.manifest, 'utf8'))).toMatchObject({
      count: 10,
      firstIndex: 0,
      stages: [
        { name: 'base', size: [2, 2], channels: 1, path: 'base' },
        { name: 'sr', size: [4, 4], channels: 1, path: 'sr' },
      ],
      classNames: ['left', 'right'],
      labels: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
      settings: { cascade: [{ name: 'base' }, { name: 'sr', level: 3 }] },
    })
  })

  test('the last stage alone, in the folder itself, by the place in the whole set', async () => {
    const folder = join(temporaryFolder(), 'images')
    const { paths } = await tinyRun(folder, { ...small, stages: 'last', count: 2, firstIndex: 1234 })
    expect(paths).toEqual({ sr: folder })
    expect(readdirSync(folder).sort()).toEqual(['001234.png', '001235.png', 'samples.json'])
  })

  test('an .npz file for each stage', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'samples.npz')
    const { paths } = await tinyRun(path, small)
    expect(paths).toEqual({ base: join(folder, 'samples.base.npz'), sr: path })
    expect(readdirSync(folder).sort()).toEqual(['samples.base.npz', 'samples.npz', 'samples.npz.json'])
    const images = await tinySampler().sample(sampled)
    for (const [i, file] of Object.values(paths).entries()) {
      const { arr_0, arr_1 } = await readNpz(file)
      expect(arr_0).toEqual({ dtype: 'uint8', ...toUint8(images[i]!) })
      expect(arr_1).toMatchObject({ dtype: 'int64', shape: [10] })
      expect([...arr_1!.data].map(Number)).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
      const source = await npzImages(file, { labels: 'arr_1' })
      const { image, label } = await readBatch(source, [7, 8])
      expect(toUint8(image)).toEqual(toUint8(rows(images[i]!, 7, 9)))
      expect([...label.data]).toEqual([1, 0])
    }
  })

  test('images of a source are super-resolved, those of their places, and no labels are an array less', async () => {
    const source = { ...halves(7, 2), classNames: undefined }
    const lowRes = (await readBatch(source, [2, 3, 4, 5, 6])).image
    const path = join(temporaryFolder(), 'samples.npz')
    const how = { labels: [0, 1, 1, 0, 1], levels: [3], rng: rng(9), firstIndex: 2, batchSize: 2 }
    const { count } = await writeSamples(tinySampler(), { path, images: source, ...how })
    expect(count).toBe(5)
    const [large] = await tinySampler().sample({ lowRes, ...how })
    expect((await readNpz(path)).arr_0!.data).toEqual(toUint8(large!).data)
    const others = { ...imageDataset({ name: 'others', images: { shape: [7, 2, 2, 1], data: new Uint8Array(28) } }) }
    await expect(writeSamples(tinySampler(), { path, images: others, ...how })).rejects.toThrow(
      `images: "halves" in ${path}, "others" now`,
    )
    await expect(writeSamples(tinySampler(), { path, images: source, ...how, count: 6 })).rejects.toThrow(
      "expected places from 0 to 6, as 'halves' has 7 images, got a count of 6 from 2 on",
    )
  })

  test('names of the files, also when it resumes', async () => {
    const folder = join(temporaryFolder(), 'images')
    const names = Array.from({ length: 10 }, (_, i) => `photo ${9 - i}`)
    const stop = new AbortController()
    const interrupted = tinyRun(folder, { ...small, names, signal: stop.signal, progress: () => stop.abort() })
    await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' })
    await tinyRun(folder, { ...small, names })
    expect(readdirSync(join(folder, 'sr')).sort()).toEqual(names.map((name) => `${name}.png`).sort())
    const { paths } = await tinyRun(join(temporaryFolder(), 'images'), small)
    for (const [place, name] of names.entries())
      expect(readFileSync(join(folder, 'sr', `${name}.png`))).toEqual(
        readFileSync(join(paths.sr as string, `00000${place}.png`)),
      )
    await expect(tinyRun(folder, small)).rejects.toThrow('names: [')
    const refused = (names: readonly string[], message: string, path = folder) =>
      expect(tinyRun(path, { count: 2, names })).rejects.toThrow(message)
    await refused(['a'], 'expected names, a list of 2, got 1')
    await refused(['a', 'b/c'], "expected names of files in one folder, got 'b/c'")
    await refused(['a', 'A'], "expected different names, got 'A' twice")
    await refused(['a', 'b'], 'expected no names in', join(folder, 'images.npz'))
  })

  test('images that no stage takes are refused by the name of their source', async () => {
    const path = join(temporaryFolder(), 'samples.npz')
    const options = { path, label: 0, rng: rng(9) }
    const images = imageDataset({ name: 'photos', images: { shape: [2, 2, 2, 3], data: new Uint8Array(24) } })
    const refused = (changes: Partial<WriteSamplesOptions>, message: string) =>
      expect(writeSamples(tinySampler(), { ...options, images, ...changes })).rejects.toThrow(message)
    await refused(
      {},
      "cascade: expected images that a stage takes, float32 [count,2,2,1], got float32 [2,2,2,3] of 'photos'",
    )
    await refused({ from: 'sr' }, "stage 'sr': expected images, float32 [2,2,2,1], got float32 [2,2,2,3] of 'photos'")
    await refused(
      { from: 'base' },
      "stage 'base': expected no images, since it takes no images, got float32 [2,2,2,3] of",
    )
    expect(existsSync(path)).toBe(false)
  })
})

describe.each(['images', 'samples.npz'])('%s, interrupted', (name) => {
  const reference = temporaryFolder()
  const whole = tinyRun(join(reference, name), { ...small, labels: 'uniform' }).then(() => contents(reference))
  const run = (folder: string, changes: Partial<WriteSamplesOptions> = {}) =>
    tinyRun(join(folder, name), { ...small, labels: 'uniform', ...changes })

  test('by a signal, and resumed from every batch on', async () => {
    for (const at of [1, 3, 5]) {
      const folder = temporaryFolder()
      const stop = new AbortController()
      let calls = 0
      const progress = () => ++calls === at && stop.abort()
      await expect(run(folder, { signal: stop.signal, progress })).rejects.toMatchObject({ code: 'interrupted' })
      const seen: string[] = []
      const { sampled } = await run(folder, {
        progress: ({ stage, done, count }) => seen.push(`${stage} ${done}/${count}`),
      })
      const before = { 1: 0, 3: 4, 5: 8 }[at] as number
      expect(sampled).toBe(10 - before)
      expect(seen[0]).toBe(`base ${Math.min(before + 4, 10)}/10`)
      expect(seen.at(-1)).toBe('sr 10/10')
      expect(contents(folder)).toEqual(await whole)
    }
  })

  test('between any two writes: what lies around is cleared away or completed', async () => {
    const folder = temporaryFolder()
    const stop = new AbortController()
    const progress = ({ done }: { done: number }) => done === 8 && stop.abort()
    await run(folder, { signal: stop.signal, progress }).catch(() => {})
    const state = readdirSync(folder, { recursive: true })
      .map(String)
      .find((file) => file.endsWith('.partial.json'))!
    const labels = state.replace(/json$/, 'labels')
    expect(JSON.parse(readFileSync(join(folder, state), 'utf8'))).toMatchObject({ count: 10, done: 4, labelled: true })
    // A batch that is there in part, though the state does not say so; labels of it; files that were not renamed.
    appendFileSync(join(folder, labels), 'torn')
    writeFileSync(join(folder, `${state}.partial`), '{')
    if (name === 'images') {
      writeFileSync(join(folder, name, 'sr', '000005.png'), 'no image')
      writeFileSync(join(folder, name, 'base', '000006.png.partial'), 'part')
    } else appendFileSync(join(folder, `${name}.partial`), 'torn bytes')
    await run(folder)
    expect(contents(folder)).toEqual(await whole)
  })

  test('while it finished', async () => {
    const folder = temporaryFolder()
    const stop = new AbortController()
    // Kept as it is when all images are there and nothing is finished.
    const kept = join(temporaryFolder(), 'kept')
    const progress = ({ stage, done }: { stage: string; done: number }) =>
      stage === 'base' && done === 10 && stop.abort()
    await run(folder, { signal: stop.signal, progress }).catch(() => {})
    cpSync(folder, kept, { recursive: true })
    await run(folder)
    // A kill after the renaming and before the state was removed: state and images are both there.
    const state = readdirSync(kept, { recursive: true })
      .map(String)
      .find((file) => file.endsWith('.partial.json'))!
    const saved = JSON.parse(readFileSync(join(kept, state), 'utf8'))
    writeFileSync(join(folder, state), JSON.stringify({ ...saved, done: 10 }))
    const manifest = JSON.parse(readFileSync(join(folder, state.replace('.partial', '')), 'utf8'))
    writeFileSync(join(folder, state.replace(/json$/, 'labels')), Buffer.from(Int32Array.from(manifest.labels).buffer))
    rmSync(join(folder, state.replace('.partial', '')))
    expect((await run(folder)).sampled).toBe(0)
    expect(contents(folder)).toEqual(await whole)
  })

  test('finished: nothing is sampled again, unless files are missing', async () => {
    const folder = temporaryFolder()
    await run(folder)
    const never = () => {
      throw new Error('sampled again')
    }
    expect(await run(folder, { progress: never, batchSize: 3 })).toMatchObject({ count: 10, sampled: 0 })
    const [lost, again] = name === 'images' ? [join(name, 'sr', '000009.png'), 2] : [name, 10]
    rmSync(join(folder, lost))
    expect(await run(folder)).toMatchObject({ sampled: again })
    expect(contents(folder)).toEqual(await whole)
  })

  test('the number of images at a time may change', async () => {
    const folder = temporaryFolder()
    const stop = new AbortController()
    const progress = ({ done }: { done: number }) => done === 9 && stop.abort()
    await run(folder, { signal: stop.signal, progress, batchSize: 3 }).catch(() => {})
    await run(folder, { batchSize: 5 })
    expect(contents(folder)).toEqual(await whole)
  })

  test('another run is refused, with what differs, and nothing is touched', async () => {
    const folder = temporaryFolder()
    const path = join(folder, name)
    const check = async () => {
      const before = contents(folder)
      const others: [Partial<WriteSamplesOptions>, number, RegExp][] = [
        [
          { rng: rng(8), levels: [2] },
          5,
          /^ {2}cascade\.1\.level: 3 in .*, 2 now\n {2}rng: "sha256 .*" in .*, "sha256 .*" now$/m,
        ],
        [{}, 6, /^ {2}cascade\.1\.weights: "sha256 .*" in .*, "sha256 .*" now$/m],
        [{ stages: 'last' }, 5, /stages: "all" in .*, "last" now/],
        [{ firstIndex: 4 }, 5, /firstIndex: 0 in .*, 4 now/],
        [{ count: 9 }, 5, /count: 10 in .*, 9 now/],
        [{ labels: 'balanced' }, 5, /image \d: label: \d in .*, \d now/],
      ]
      for (const [changes, seed, message] of others) {
        const again = tinyRun(path, { ...small, labels: 'uniform', ...changes }, tinySampler(seed))
        await expect(again).rejects.toThrow(message)
        await expect(again).rejects.toThrow(`writeSamples: expected the settings of the samples in ${path}, got others`)
      }
      expect(contents(folder)).toEqual(before)
    }
    const stop = new AbortController()
    const progress = ({ done }: { done: number }) => done === 8 && stop.abort()
    await run(folder, { signal: stop.signal, progress }).catch(() => {})
    await check()
    await run(folder)
    await check()
  })
})

test('more images of a finished folder, or of an unfinished one, are those of one run; an .npz cannot grow', async () => {
  const [whole, folder, file] = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
  await tinyRun(join(whole, 'images'), { ...small, count: 17 })
  await tinyRun(join(folder, 'images'), small)
  const stop = new AbortController()
  const progress = ({ done }: { done: number }) => done >= 12 && stop.abort()
  const more = { ...small, count: 14, signal: stop.signal, progress }
  await expect(tinyRun(join(folder, 'images'), more)).rejects.toMatchObject({ code: 'interrupted' })
  expect(await tinyRun(join(folder, 'images'), { ...small, count: 17 })).toMatchObject({ count: 17, sampled: 9 })
  expect(contents(folder)).toEqual(contents(whole))
  await tinyRun(join(file, 'samples.npz'), small)
  await expect(tinyRun(join(file, 'samples.npz'), { ...small, count: 17 })).rejects.toThrow(/count: 10 in .*, 17 now/)
})

test('another sampler of the same name is another run', async () => {
  const path = join(temporaryFolder(), 'images')
  const sampler = (eta: number) => {
    const sampling = { sampler: ddim({ eta }), steps: [18, 10, 3] }
    const stages = [{ stage: tinyBase(), params: tinyNetwork().init(rng(4)), sampling }]
    return cascadeSampler({ stages }, { compile: eager })
  }
  const options = { path, rng: rng(0), labels: 'balanced', count: 3 } as const
  await writeSamples(sampler(1), options)
  await expect(writeSamples(sampler(0.5), { ...options, count: 5 })).rejects.toThrow(
    /^ {2}cascade\.0\.sampling\.plan: "sha256 .*" in .*, "sha256 .*" now$/m,
  )
  expect(await writeSamples(sampler(1), { ...options, count: 5 })).toMatchObject({ count: 5, sampled: 5 })
})

test('killed twice, a folder and an .npz become those of a run without a kill', async () => {
  const [folder, whole] = [temporaryFolder(), temporaryFolder()]
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx']
  for (const ms of [15, 50]) {
    const child = spawn(process.execPath, [
      ...flags,
      fileURLToPath(new URL('sample-child.ts', import.meta.url)),
      folder,
    ])
    await once(child.stdout, 'data')
    setTimeout(() => child.kill('SIGKILL'), ms)
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGKILL')
  }
  expect(existsSync(join(folder, 'images', 'samples.json'))).toBe(false)
  for (const path of ['images', 'samples.npz']) {
    await tinyRun(join(folder, path))
    await tinyRun(join(whole, path))
  }
  expect(contents(folder)).toEqual(contents(whole))
})

test('wrong calls are refused before anything is written', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'images')
  const wrong: [object, string][] = [
    [{ path: '' }, "writeSamples: expected path, a folder or a name that ends in .npz, got ''"],
    [{ stages: 'both' }, 'stages'],
    [{ count: undefined }, 'writeSamples: expected count, an integer from 1, got undefined'],
    [{ batchSize: 0 }, 'writeSamples: expected batchSize, an integer from 1, got 0'],
    [{ lowRes: rng(1).normal([10, 2, 2, 1]) }, 'writeSamples: expected images, a source such as imageDataset'],
    [{ images: {} }, 'writeSamples: expected a dataset'],
    [{ labels: [0, 1] }, 'expected labels [10], got an array of 2'],
    [{ labels: undefined }, 'expected labels'],
    [{ levels: [99] }, "stage 'sr'"],
    [{ levles: [3] }, "writeSamples: unknown option 'levles'. Did you mean 'levels'?"],
    [{ rng: 3 }, 'expected rng, a key'],
  ]
  for (const [changes, message] of wrong) await expect(tinyRun(path, { ...small, ...changes })).rejects.toThrow(message)
  await expect(writeSamples({} as never, { path, rng: rng(1) })).rejects.toThrow('writeSamples: expected a sampler')
  expect(readdirSync(folder)).toEqual([])
  writeFileSync(path, 'a file')
  await expect(tinyRun(path, small)).rejects.toMatchObject({ code: 'file' })
  writeFileSync(join(folder, 'samples.npz'), 'another')
  await expect(tinyRun(join(folder, 'samples.npz'), small)).rejects.toThrow('to be empty or of the same run')
  await expect(tinyRun(folder, small)).rejects.toThrow(
    `expected ${folder} to be empty or of the same run, got 'images' there`,
  )
  writeFileSync(join(folder, 'samples.json'), '{"format":"other"}')
  await expect(tinyRun(folder, small)).rejects.toThrow("expected the format 'cascade-diffusion samples 1'")
})
