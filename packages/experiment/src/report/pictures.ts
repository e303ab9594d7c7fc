import { type NDArray, rows } from '@cascade-diffusion/arrays'
import {
  type ByteImages,
  type ImageBatch,
  type ImageSize,
  type ImageSource,
  imageGrid,
  type LabelledBatch,
  readBatch,
  resizeImage,
} from '@cascade-diffusion/data'
import { type Images, shownClasses } from '../sample.ts'

/** One image: the row of a batch without its first axis. */
const imageAt = (images: Images, i: number): Images => {
  const row = rows(images, i, i + 1)
  return { ...row, shape: row.shape.slice(1) }
}

/** An empty cell, between the images of two stages. */
const gap = (channels: number): ByteImages => ({ shape: [1, 1, channels], data: new Uint8Array(channels).fill(255) })

/** A row: the images of each stage, with gaps between the stages. */
const joined = (stages: readonly (readonly Images[])[]): (Images | ByteImages)[] =>
  stages.flatMap((images, k) => [...(k > 0 ? [gap(images[0]!.shape[2]!)] : []), ...images])

/** The first `each` examples of every class, by class. */
function firstOfClasses(labels: ArrayLike<number>, classes: number, each: number): number[][] {
  const byClass = Array.from({ length: classes }, () => [] as number[])
  for (let i = 0; i < labels.length; i++) {
    const list = byClass[labels[i] as number]
    if (list && list.length < each) list.push(i)
  }
  return byClass.filter((list) => list.length > 0)
}

/** The classes of images. */
export interface Classes {
  /** Of each image, int32 [n]. */
  readonly labels: NDArray<'int32'>
  /** The number of classes that are shown: the first ones. */
  readonly classes: number
}

/** Images in rows of eight, at most four rows. */
const rowsOf = (count: number): number[][] =>
  Array.from({ length: Math.min(4, Math.ceil(count / 8)) }, (_, row) =>
    Array.from({ length: Math.min(8, count - 8 * row) }, (_, i) => 8 * row + i),
  )

/** Rows are classes, if there are any; from left to right the images of each stage, the same ones in each. */
export function samplesGrid(stages: readonly Images[], of: Classes | undefined): ByteImages {
  const cells = of ? firstOfClasses(of.labels.data, of.classes, 8) : rowsOf(stages[0]!.shape[0]!)
  return imageGrid(
    cells.map((indices) => joined(stages.map((images) => indices.map((i) => imageAt(images, i))))),
    { scale: 2 },
  )
}

/** The same with real images, averaged down to each of the sizes: what the samples should look like. */
export async function realGrid(source: ImageSource, sizes: readonly ImageSize[]): Promise<ByteImages> {
  const classes = source.classNames && Math.min(source.classNames.length, shownClasses)
  const indices = classes
    ? firstOfClasses(await labelsUntil(source, classes, 8), classes, 8).flat()
    : rowsOf(source.count).flat()
  const { image, label } = (await readBatch(source, indices)) as ImageBatch & Partial<LabelledBatch>
  const stages = sizes.map((size) => resizeImage(image, size, { filter: 'box' }))
  return samplesGrid(stages, classes && label ? { labels: label, classes } : undefined)
}

/** The labels of the first images, until each class has come up often enough or the source ends. */
async function labelsUntil(source: ImageSource, classes: number, each: number): Promise<number[]> {
  const { count } = source
  const labels: number[] = []
  const counts = Array<number>(classes).fill(0)
  while (labels.length < count && Math.min(...counts) < each) {
    const next = Array.from({ length: Math.min(1000, count - labels.length) }, (_, i) => labels.length + i)
    for (const label of Array.from((await source.read(next)).labels ?? [])) {
      labels.push(label)
      if (label < classes) counts[label]!++
    }
  }
  return labels
}

/** Rows are images; from left to right x_t of each stage as t falls. */
export function processGrid(frames: readonly (readonly Images[])[]): ByteImages {
  const columns = frames.map((stage) => evenly(stage, 7))
  const count = columns[0]![0]!.shape[0]!
  return imageGrid(
    Array.from({ length: count }, (_, i) => joined(columns.map((stage) => stage.map((images) => imageAt(images, i))))),
    { scale: 2 },
  )
}

/** At most `count` items of a list at even distances, the last among them. */
const evenly = <T>(items: readonly T[], count: number): T[] => {
  const n = Math.min(count, items.length)
  return Array.from({ length: n }, (_, i) => items[Math.round(((i + 1) * items.length) / n) - 1] as T)
}
