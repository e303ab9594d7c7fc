import { type NDArray, rows } from '@cascade-diffusion/arrays'
import type { StageSampler } from '@cascade-diffusion/cascade'
import { type ByteImages, imageGrid, type LabelledSource, readBatch, resizeArea } from '@cascade-diffusion/data'
import type { Rng } from '@cascade-diffusion/random'

type Images = NDArray<'float32'>

/** One image: the row of a batch without its first axis. */
const imageAt = (images: Images, i: number): Images => {
  const row = rows(images, i, i + 1)
  return { ...row, shape: row.shape.slice(1) }
}

const several = (images: Images, indices: readonly number[]) => indices.map((i) => imageAt(images, i))

/** An empty cell: the gap between the halves of a row. */
const gap = (channels: number): ByteImages => ({ shape: [1, 1, channels], data: new Uint8Array(channels).fill(255) })

/** The first `each` examples of every class, by class. */
function firstOfClasses(labels: ArrayLike<number>, classes: number, each: number): number[][] {
  const byClass = Array.from({ length: classes }, () => [] as number[])
  for (let i = 0; i < labels.length; i++) {
    const list = byClass[labels[i] as number] as number[]
    if (list.length < each) list.push(i)
  }
  return byClass
}

/** Rows are classes: on the left the base stage's images, on the right what the last stage made of each. */
export function samplesGrid(small: Images, large: Images, labels: NDArray<'int32'>, classes: number): ByteImages {
  const channels = large.shape[3] as number
  const cells = firstOfClasses(labels.data, classes, 8)
  return imageGrid(
    cells.map((indices) => [...several(small, indices), gap(channels), ...several(large, indices)]),
    { scale: 2 },
  )
}

/** The labels of the first images, until each class has come up often enough or the source ends. */
async function labelsUntil(source: LabelledSource, each: number): Promise<number[]> {
  const { count, classNames } = source
  const labels: number[] = []
  const counts = classNames.map(() => 0)
  while (labels.length < count && Math.min(...counts) < each) {
    const next = Array.from({ length: Math.min(1000, count - labels.length) }, (_, i) => labels.length + i)
    for (const label of Array.from((await source.read(next)).labels ?? [])) {
      labels.push(label)
      counts[label]!++
    }
  }
  return labels
}

/** The same with real images: what the samples should look like. */
export async function realGrid(source: LabelledSource, lowResolution: number): Promise<ByteImages> {
  const classes = source.classNames.length
  const indices = firstOfClasses(await labelsUntil(source, 8), classes, 8).flat()
  const { image, label } = await readBatch(source, indices)
  return samplesGrid(resizeArea(image, lowResolution), image, label, classes)
}

export interface ProcessGridOptions {
  readonly stages: readonly StageSampler[]
  readonly level: number
  readonly labels: NDArray<'int32'>
  readonly rng: Rng
  readonly signal: AbortSignal
}

/** Rows are classes; from left to right the base stage's x_t as t falls, then the last stage's. */
export async function processGrid({ stages, level, labels, rng, signal }: ProcessGridOptions): Promise<ByteImages> {
  const count = labels.data.length
  const columns: Images[][] = []
  let lowRes: Images | undefined
  for (const stage of stages) {
    const frames: Images[] = []
    const conditions = lowRes && { lowRes, level }
    for await (const { xt } of stage.stream({ count, labels, rng: rng.fold(stage.stage.name), signal, ...conditions }))
      frames.push(xt)
    columns.push(evenly(frames, 7))
    lowRes = frames.at(-1)
  }
  const channels = lowRes?.shape[3] as number
  const rowsOf = Array.from({ length: count }, (_, i) =>
    columns.flatMap((frames, k) => [...(k > 0 ? [gap(channels)] : []), ...frames.map((f) => imageAt(f, i))]),
  )
  return imageGrid(rowsOf, { scale: 2 })
}

/** So many of a list, the last among them, at even distances. */
const evenly = <T>(items: readonly T[], count: number): T[] => {
  const n = Math.min(count, items.length)
  return Array.from({ length: n }, (_, i) => items[Math.round(((i + 1) * items.length) / n) - 1] as T)
}
