import { join } from 'node:path'
import {
  encodePng,
  type ImageDataset,
  type ImageSize,
  imageDataset,
  imageGrid,
  type LabelledDataset,
  shuffledIndices,
} from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference, temporaryFolder } from '@cascade-diffusion/testing'
import { describe, expect, test } from 'vitest'
import { stageSampler } from '../sampling/stage/stage-sampler.ts'
import type { TrainedStage } from '../stage/described-stage.ts'
import { loadStage } from '../stage/load-stage.ts'
import { baseStage, type Stage, superResolutionStage } from '../stage/stage.ts'
import { type Given, tinyNetwork } from '../test-support.ts'
import { trainStage } from './train-stage.ts'

const process = { schedule: { name: 'cosine', steps: 20 } } as const
const augmentation = { name: 'gaussian-noise', ...process, maxLevel: 10 } as const

/** Six images of random bytes of two classes. */
function noise(size: ImageSize, channels: number): LabelledDataset {
  const shape = [6, ...size, channels]
  const data = Uint8Array.from(rng(5).integers(shape, 0, 256).data)
  const labels = [0, 1, 0, 1, 0, 1]
  return imageDataset({ name: 'noise', images: { shape, data }, labels, classNames: ['even', 'odd'] })
}

/** The mean of the pixels whose centres a new pixel covers, rounded, along one axis of [outer, from, inner]. */
function boxedAxis(bytes: readonly number[], from: number, inner: number, to: number): number[] {
  const outer = bytes.length / from / inner
  return Array.from({ length: outer * to * inner }, (_, i) => {
    const [k, x, o] = [i % inner, Math.floor(i / inner) % to, Math.floor(i / inner / to)]
    const covered = Array.from({ length: from }, (_, pixel) => pixel).filter(
      (pixel) => 2 * x * from < (2 * pixel + 1) * to && (2 * pixel + 1) * to <= 2 * (x + 1) * from,
    )
    const sum = covered.reduce((sum, pixel) => sum + bytes[(o * from + pixel) * inner + k]!, 0)
    return Math.round(sum / covered.length)
  })
}

/** An image in bytes made smaller by the box filter, from its definition: along rows, then columns; colours count by their alpha. */
function boxed(bytes: ArrayLike<number>, [h, w, c]: number[], [high, wide]: number[]): number[] {
  const image = Array.from(bytes)
  if (h === high && w === wide) return image
  const alphaOf = (i: number, of: readonly number[]) => (c! % 2 === 0 ? of[i - (i % c!) + c! - 1]! : 255)
  const isAlpha = (i: number) => c! % 2 === 0 && i % c! === c! - 1
  const premultiplied = image.map((byte, i) => (isAlpha(i) ? byte : Math.round((byte * alphaOf(i, image)) / 255)))
  const small = boxedAxis(boxedAxis(premultiplied, w!, c!, wide!), h!, wide! * c!, high!)
  return small.map((byte, i) => {
    const alpha = alphaOf(i, small)
    return isAlpha(i) || alpha === 0 ? byte : Math.min(255, Math.floor((255 * byte) / alpha))
  })
}

test.each([
  // As 64 to 96 pixels, from images of 160.
  { data: [10, 15], size: [6, 9], low: [4, 6], channels: 2 },
  // Another factor for each side.
  { data: [8, 10], size: [8, 10], low: [3, 10], channels: 4 },
  { data: [12, 12], size: [6, 6], low: [4, 5], channels: 3 },
] as const)('$data to $size from $low, $channels channels: what the network is given', async (sizes) => {
  const { data, size, low, channels } = sizes
  const dataset = noise(data, channels)
  const seen: Given[] = []
  const stage = superResolutionStage({
    name: 'sr',
    resolution: size,
    lowResolution: low,
    imageChannels: channels,
    process,
    network: tinyNetwork(seen),
    augmentation: { name: 'none' },
  })
  await trainStage({ stage, dataset, steps: 1, batchSize: 6, learningRate: 0, seed: 3, compile: eager })
  const order = [...shuffledIndices(6, 6, rng(3).fold('sr').fold('order'))(0)]
  const pixels = data[0] * data[1] * channels
  const large = order.map((i) =>
    boxed(dataset.images.data.subarray(i * pixels, (i + 1) * pixels), [...data, channels], [...size]),
  )
  const z = large.flatMap((image) => boxed(image, [...size, channels], [...low]).map((byte) => byte / 127.5 - 1))
  // The stage is unconditional: the labels of the data stay unused.
  expect(Object.keys(seen[0]!)).toEqual(['xt', 'noise', 'lowRes'])
  expect(greatestDifference(seen[0]!.lowRes!, z)).toBeLessThan(1e-6)
  const epsilon = rng(3)
    .fold('batch')
    .fold(0)
    .fold('epsilon')
    .normal([6, ...size, channels]).data
  const bars = seen[0]!.noise!.map((t) => (stage.process.schedule as { alphasCumprod: Float64Array }).alphasCumprod[t]!)
  const perImage = size[0] * size[1] * channels
  const xt = large.flat().map((byte, i) => {
    const bar = bars[Math.floor(i / perImage)]!
    return Math.sqrt(bar) * (byte / 127.5 - 1) + Math.sqrt(1 - bar) * epsilon[i]!
  })
  expect(greatestDifference(seen[0]!.xt!, xt)).toBeLessThan(2e-6)
})

describe.each([2, 4])('a rectangular cascade of %i channels, of factors 3/2, and 2 by 4/3', (imageChannels) => {
  const classNames = ['even', 'odd']
  const network = { baseChannels: 4, channelMultipliers: [1], residualBlocks: 1, normGroups: 2 }
  const common = { imageChannels, process, network }
  // Only the middle stage has classes.
  const stages: Stage[] = [
    baseStage({ name: 'base', resolution: [4, 6], ...common }),
    superResolutionStage({
      ...common,
      name: 'middle',
      resolution: [6, 9],
      lowResolution: [4, 6],
      classNames,
      augmentation,
    }),
    superResolutionStage({
      ...common,
      name: 'last',
      resolution: [12, 12],
      lowResolution: [6, 9],
      augmentation,
      network: { ...network, channelMultipliers: [1, 1], lowRes: { resize: 'bicubic' } },
    }),
  ]

  test('is trained, loaded, sampled and drawn', async () => {
    const folder = temporaryFolder()
    const unlabelled = ({ name, images }: ImageDataset) => imageDataset({ name, images })
    const data = [
      unlabelled(noise([8, 12], imageChannels)),
      noise([6, 9], imageChannels),
      noise([24, 24], imageChannels),
    ]
    let lowRes: Awaited<ReturnType<ReturnType<typeof stageSampler>['sample']>> | undefined
    const all = []
    for (const [i, stage] of stages.entries()) {
      const path = join(folder, `${stage.name}.safetensors`)
      await trainStage({
        stage,
        dataset: data[i]!,
        steps: 2,
        batchSize: 3,
        learningRate: 1e-3,
        randomFlips: true,
        seed: 1,
        compile: jit,
        checkpoint: { path },
      })
      const trained: TrainedStage = await loadStage(path)
      expect(trained.stage.description).toEqual(JSON.parse(JSON.stringify(stage.description)))
      expect([trained.stage.size, trained.stage.imageChannels]).toEqual([stage.size, imageChannels])
      const sampler = stageSampler(trained, { sampler: { name: 'ddim' }, steps: 2, compile: eager })
      const labels = stage.classNames && ['odd', 'even']
      const level = stage.kind === 'super-resolution' ? 3 : undefined
      lowRes = await sampler.sample({ count: 2, labels, lowRes, level, rng: rng(2) })
      await sampler.dispose()
      expect([lowRes.shape, lowRes.data.every(Number.isFinite)]).toEqual([[2, ...stage.size, imageChannels], true])
      all.push(lowRes)
    }
    const png = Buffer.from(encodePng(imageGrid([all], { padding: 0 })))
    const colourType = [0, 4, 2, 6][imageChannels - 1]
    expect([png.readUInt32BE(20), png.readUInt32BE(16), png[25]]).toEqual([12, 6 * 12, colourType])
  })
})
