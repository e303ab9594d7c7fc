import { join, relative } from 'node:path'
import { isNDArray, type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError, throwIfAborted } from '@cascade-diffusion/checks'
import { readBatch, toUint8 } from '@cascade-diffusion/data'
import type { CascadeStage } from '../cascade/cascade.ts'
import type { CascadeSampler } from '../sampling/cascade/cascade-sampler.ts'
import type { CascadeBatch, CascadeSampleOptions } from '../sampling/cascade/options.ts'
import { type CascadeRun, cascadeRun } from '../sampling/cascade/run.ts'
import type { ImageWriter, WrittenStage } from './image-writer.ts'
import { type LabelsFile, labelsFile } from './labels-file.ts'
import { npzWriter } from './npz-writer.ts'
import { type CheckedOptions, checkWriteOptions, type WriteSamplesOptions } from './options.ts'
import { imagesPath, isNpz, placeOf, type SamplesPlace } from './place.ts'
import { digitsOf, pngWriter } from './png-writer.ts'
import { checkSame, checkSameLabels, makeFolder, readSaved, type SavedRun, writeManifest, writeState } from './saved.ts'
import { type SampleSettings, settingsOf } from './settings.ts'

const where = 'writeSamples'

/** What {@link writeSamples} wrote. */
export interface WrittenSamples {
  /** The number of images that are there. */
  readonly count: number
  /** Those of them that this call sampled. */
  readonly sampled: number
  /** Where the images of each written stage are: a folder of PNG files, or an `.npz` file. */
  readonly paths: Readonly<Record<string, string>>
  /** The JSON file that says what they are. */
  readonly manifest: string
}

/**
 * Samples a cascade to files, batch by batch, so that memory does not grow with the number of images: a folder of PNG
 * files, or an `.npz` file as ADM's evaluation reads it (`arr_0` uint8 [N,H,W,C], `arr_1` int64 [N] with labels). Values
 * are rounded to bytes as `toUint8` of `data` does.
 *
 * Interrupted at any moment, by a signal or a kill, and called again with the same `batchSize`, it resumes, and the files
 * become those of an uninterrupted run to the last byte. Finished, it returns at once. A larger `count` adds images to a
 * folder. One process writes to a place at a time.
 * @throws before any work, of code `input` if an option does not fit the stages or the path holds anything else, of code
 * `checkpoint` if it holds samples of another run, with a list of what differs; later of code `file` if a file cannot be
 * written, of code `interrupted` if the signal ended it.
 */
export async function writeSamples(sampler: CascadeSampler, options: WriteSamplesOptions): Promise<WrittenSamples> {
  const checked = checkWriteOptions(sampler, options)
  const run = await preparedRun(sampler, checked)
  const { path, count, batchSize, signal } = checked
  const place = placeOf(path)
  const saved = await readSaved(where, place)
  const { settings, stages, writer } = run
  const labels = labelsFile(place.labels)
  let there = await presentImages(run, checked, saved, labels)
  const result = (sampled: number): WrittenSamples => ({
    count,
    sampled,
    paths: Object.fromEntries(stages.map(({ name, path }) => [name, path])),
    manifest: join(place.folder, place.manifest),
  })
  if (!saved.state && there === count && saved.manifest?.count === count) {
    await labels.remove()
    return result(0)
  }
  throwIfAborted(signal, where)
  // Batches of the same images in every run: their values depend on the others in a batch, by rounding.
  if (there < count) there -= there % batchSize
  const first = there
  let labelled = saved.state?.labelled ?? Boolean(saved.manifest?.labels)
  try {
    await makeFolder(path)
    if (!saved.state && saved.manifest?.labels) await labels.write(0, Int32Array.from(saved.manifest.labels))
    await writeState(place, count, settings, there, labelled)
    await writer.begin(there)
    for await (const batch of batches(sampler, checked, there)) {
      await writer.write(there, writtenImages(batch, stages))
      labelled = batch.labels !== undefined
      if (batch.labels) await labels.write(there, batch.labels.data)
      there += batch.count
      await writeState(place, count, settings, there, labelled)
    }
    await finish(run, checked, place, labelled ? await labels.read(0, count) : undefined)
  } finally {
    await writer.close()
  }
  await labels.remove()
  return result(count - first)
}

/** A run that is checked against the stages. */
interface PreparedRun {
  readonly settings: SampleSettings
  readonly stages: readonly WrittenStage[]
  readonly classNames: readonly string[] | undefined
  readonly writer: ImageWriter
  /** The labels of some images; undefined if there are none, or they come with the images. */
  labels(from: number, to: number): NDArray<'int32'> | undefined
}

async function preparedRun(sampler: CascadeSampler, options: CheckedOptions): Promise<PreparedRun> {
  const { path, stages: which, images, names, count, firstIndex, batchSize } = options
  const probe = images && (await lowResAt(options, 0, Math.min(count, batchSize)))
  const runOf = (from: number, to: number): CascadeRun =>
    cascadeRun(
      sampler.stages,
      { ...sampling(options, from, to), lowRes: probe && rows(probe, 0, Math.min(to - from, batchSize)) },
      images?.name,
    )
  const run = runOf(0, probe ? Math.min(count, batchSize) : count)
  const sampled = run.stages.map(({ index, size }) => ({ ...(sampler.stages[index] as CascadeStage), size }))
  const written = which === 'all' ? sampled : sampled.slice(-1)
  const stages = written.map(({ stage, size: [height, width] }, i): WrittenStage => {
    const isLast = i === written.length - 1
    return {
      name: stage.name,
      shape: [height, width, stage.imageChannels],
      path: imagesPath(path, which, stage.name, isLast),
    }
  })
  const digits = isNpz(path) || names ? undefined : digitsOf(firstIndex, count)
  const nameOf = (place: number) => names?.[place] ?? `${firstIndex + place}`.padStart(digits as number, '0')
  return {
    settings: settingsOf(sampler.stages, run, options, digits),
    stages,
    classNames: sampler.stages.map(({ stage }) => stage.classNames).find((names) => names !== undefined),
    writer: isNpz(path) ? npzWriter(stages, count) : pngWriter(path, stages, nameOf),
    labels: (from, to) => runOf(from, to).labels(0, to - from),
  }
}

/** @returns how many images of this run are there. @throws if there is anything else. */
async function presentImages(
  { settings, writer, labels: labelsBetween }: PreparedRun,
  { path, count, batchSize }: CheckedOptions,
  { state, manifest }: SavedRun,
  labels: LabelsFile,
): Promise<number> {
  const saved = state ?? manifest
  if (!saved) {
    const other = await writer.foreign()
    if (other === undefined) return 0
    throw new CascadeError('input', `${where}: expected ${path} to be empty or of the same run, got '${other}' there`)
  }
  checkSame(where, path, saved, count, settings)
  const done = state ? state.done : saved.count
  const before = await savedLabels({ state, manifest }, labels)
  const there = await writer.present(before ? Math.min(done, before.count) : done)
  for (let from = 0; from < there && before; from += batchSize) {
    const to = Math.min(there, from + batchSize)
    const now = labelsBetween(from, to)
    if (now) checkSameLabels(where, path, from, await before.read(from, to), now.data)
  }
  return there
}

/** The labels of the images that are there, if they have any. */
async function savedLabels({ state, manifest }: SavedRun, labels: LabelsFile) {
  if (state) return state.labelled ? { count: await labels.count(), read: labels.read } : undefined
  const all = manifest?.labels
  return all ? { count: all.length, read: async (from: number, to: number) => all.slice(from, to) } : undefined
}

/** The options of sampling the images from one place in the run to another. */
function sampling(
  {
    path: _,
    stages: __,
    images: ___,
    names: ____,
    labels,
    firstIndex,
    progress,
    stepProgress,
    count,
    ...options
  }: CheckedOptions,
  from: number,
  to: number,
): CascadeSampleOptions {
  return {
    ...options,
    firstIndex: firstIndex + from,
    count: to - from,
    labels: labelsFrom(labels, from, to, count),
    progress: progress && ((at) => progress({ ...at, done: from + at.done, count })),
    stepProgress: stepProgress && ((at) => stepProgress({ ...at, done: from + at.done, count })),
  }
}

/** The part of a list of labels; other choices of labels are by place. */
function labelsFrom(
  labels: CascadeSampleOptions['labels'],
  from: number,
  to: number,
  count: number,
): CascadeSampleOptions['labels'] {
  if (labels === undefined || typeof labels === 'string' || to - from === count) return labels
  if (isNDArray(labels)) return rows(labels, from, to)
  return Array.prototype.slice.call(labels, from, to)
}

/** The images of the run from a place on. */
async function* batches(
  sampler: CascadeSampler,
  options: CheckedOptions,
  start: number,
): AsyncGenerator<CascadeBatch, void, undefined> {
  const { count, batchSize, images, signal } = options
  if (start === count) return
  if (!images) return yield* sampler.stream(sampling(options, start, count))
  for (let from = start; from < count; from += batchSize) {
    throwIfAborted(signal, where)
    const to = Math.min(count, from + batchSize)
    yield* sampler.stream({ ...sampling(options, from, to), lowRes: await lowResAt(options, from, to) })
  }
}

async function lowResAt({ images, firstIndex }: CheckedOptions, from: number, to: number): Promise<NDArray<'float32'>> {
  const places = Array.from({ length: to - from }, (_, i) => firstIndex + from + i)
  return (await readBatch(images as NonNullable<typeof images>, places)).image
}

/** In bytes. */
const writtenImages = ({ images }: CascadeBatch, stages: readonly WrittenStage[]) =>
  images.slice(-stages.length).map((each) => toUint8(each))

async function finish(
  { settings, stages, classNames, writer }: PreparedRun,
  { count, firstIndex }: CheckedOptions,
  place: SamplesPlace,
  labels: Int32Array | undefined,
): Promise<void> {
  await writer.finish(labels)
  await writeManifest(place, {
    count,
    firstIndex,
    stages: stages.map(({ name, shape: [height, width, channels], path: own }) => ({
      name,
      size: [height, width],
      channels,
      path: relative(place.folder, own) || '.',
    })),
    classNames: (labels && classNames) ?? null,
    settings,
    labels: labels ? [...labels] : null,
  })
}
