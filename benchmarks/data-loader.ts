// The loader of a folder of JPEG files, resized to 64 pixels and cropped, in batches of 32:
//
// node --conditions=@cascade-diffusion/source --import=tsx benchmarks/data-loader.ts FOLDER alone [rounds]
//   images a second for 0, 1, 2 and 4 threads, decoded exactly and fast, in turns
// node … benchmarks/data-loader.ts FOLDER training [rounds]
//   beside the training step of the 32×32 network, batch 8, in turns: the step alone, with a loader that feeds it, and with one that
//   loads all it can
// node … benchmarks/data-loader.ts FOLDER memory [thousands of images]
//   resident memory after every 20,000 images
import type { NDArray } from '@cascade-diffusion/arrays'
import {
  type ImageLoader,
  imageFolder,
  imageLoader,
  randomFlip,
  resizeCrop,
  transformed,
} from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'
import { unet } from '@cascade-diffusion/unet'
import { models, threads } from './models.ts'
import { trainFull } from './network-ours.ts'
import { median } from './results.ts'

const [folder, what = 'alone', number] = process.argv.slice(2)
if (folder === undefined) throw new Error('data-loader: expected a folder of JPEG files')

interface LoaderOptions {
  readonly workers: number
  readonly size?: number
  readonly batchSize?: number
  readonly fast?: boolean
}

async function loaderOf({ workers, size = 64, batchSize = 32, fast = false }: LoaderOptions): Promise<ImageLoader> {
  const source = await imageFolder(folder as string, { decoding: { fast } })
  const images = transformed(source, resizeCrop({ size }), randomFlip())
  return imageLoader(images, { batchSize, rng: rng(0), draws: rng(1), workers })
}

/** Seconds of wall time, and of all threads' processor time. */
async function timeOf(run: () => Promise<void>): Promise<{ readonly wall: number; readonly cpu: number }> {
  const [start, used] = [performance.now(), process.cpuUsage()]
  await run()
  const { user, system } = process.cpuUsage(used)
  return { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 }
}

async function alone(rounds: number): Promise<void> {
  const cases = [false, true].flatMap((fast) => [0, 1, 2, 4].map((workers) => ({ fast, workers })))
  const times = cases.map(() => ({ perSecond: [] as number[], cpu: [] as number[] }))
  for (let round = 0; round < rounds; round++)
    for (const [k, options] of cases.entries()) {
      await using loader = await loaderOf(options)
      let step = 0
      // What is loaded ahead at the start, and a warm decoder.
      for (; step < 20; step++) await loader.batch(step)
      const { wall, cpu } = await timeOf(async () => {
        for (; step < 60; step++) await loader.batch(step)
      })
      times[k]!.perSecond.push((40 * 32) / wall)
      times[k]!.cpu.push((1000 * cpu) / (40 * 32))
    }
  console.log('| decoding | threads | images/s | processor time of an image |')
  console.log('| -------- | ------: | -------: | -------------------------: |')
  for (const [k, { fast, workers }] of cases.entries()) {
    const { perSecond, cpu } = times[k]!
    console.log(
      `| ${fast ? 'fast' : 'exact'} | ${workers} | ${median(perSecond).toFixed(0)} | ${median(cpu).toFixed(2)} ms |`,
    )
  }
}

async function training(rounds: number): Promise<void> {
  const [batchSize, size] = [8, 32]
  const params = unet(models.improved).init(rng(0))
  const noise = rng(2).normal([batchSize, size, size, 3])
  const t = { dtype: 'float32', shape: [batchSize], data: new Float32Array(batchSize).fill(500) } as NDArray<'float32'>
  const batch = { x: noise, noise, t }
  const runner = trainFull(params, batch, threads)
  await runner.run()
  const steps = 12
  const results = { alone: [] as number[], fed: [] as number[], beside: [] as number[], loaded: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    const one = await timeOf(async () => {
      for (let step = 0; step < steps; step++) await runner.run()
    })
    results.alone.push((1000 * one.wall) / steps)
    {
      await using loader = await loaderOf({ workers: 2, size, batchSize })
      let [at, next] = [20, undefined as ReturnType<typeof loader.batch> | undefined]
      for (let step = 0; step < at; step++) await loader.batch(step)
      const fed = await timeOf(async () => {
        next = loader.batch(at)
        for (let step = 0; step < steps; step++) {
          batch.x = (await next).image
          next = loader.batch(++at)
          await runner.run()
        }
        await next
      })
      results.fed.push((1000 * fed.wall) / steps)
    }
    {
      await using loader = await loaderOf({ workers: 2, size, batchSize })
      for (let step = 0; step < 20; step++) await loader.batch(step)
      let [isOver, at] = [false, 20]
      const load = async () => {
        while (!isOver) await loader.batch(at++)
      }
      const both = await timeOf(async () => {
        const loading = load()
        for (let step = 0; step < steps; step++) await runner.run()
        isOver = true
        await loading
      })
      results.beside.push((1000 * both.wall) / steps)
      results.loaded.push(((at - 20) * batchSize) / both.wall)
    }
  }
  await runner.dispose()
  const [own, fed, beside] = [median(results.alone), median(results.fed), median(results.beside)]
  const [consumed, loaded] = [(1000 * batchSize) / own, median(results.loaded)]
  console.log(`step alone: ${own.toFixed(1)} ms, which takes ${consumed.toFixed(1)} images/s`)
  console.log(`step, fed by a loader: ${fed.toFixed(1)} ms, ${(100 * (fed / own - 1)).toFixed(1)} % slower`)
  console.log(`step, beside a loader at full speed: ${beside.toFixed(1)} ms`)
  console.log(`that loader: ${loaded.toFixed(0)} images/s, ${(loaded / consumed).toFixed(1)} times what the step takes`)
}

async function memory(thousands: number): Promise<void> {
  await using loader = await loaderOf({ workers: 2 })
  for (let step = 0; step < (1000 * thousands) / 32; step++) {
    const { image } = await loader.batch(step)
    if (image.shape[0] !== 32) throw new Error('data-loader: expected a whole batch')
    if ((step + 1) % 625 > 0) continue
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    const [all, heap, outside, arrays] = [rss, heapUsed, external, arrayBuffers].map((x) => (x / 2 ** 20).toFixed(0))
    console.log(
      `${(step + 1) * 32} images: ${all} MiB resident; heap ${heap}, external ${outside}, of that arrays ${arrays}`,
    )
  }
}

if (what === 'alone') await alone(Number(number ?? 5))
else if (what === 'training') await training(Number(number ?? 5))
else if (what === 'memory') await memory(Number(number ?? 200))
else throw new Error(`data-loader: expected alone, training or memory, got ${what}`)
