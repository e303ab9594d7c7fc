import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError, shown, throwIfAborted } from '@cascade-diffusion/checks'
import { fileError } from '@cascade-diffusion/files'
import { shownSize, sizeOfImage } from '../images/image-size.ts'
import type { ImageReader } from '../loader/image-reader.ts'
import { type LoadedBatch, loadBatch } from '../loader/load-batch.ts'
import { readerOf } from '../loader/reader-of.ts'
import { untransformed } from '../selection/selected.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { inOrder } from '../sources/in-order.ts'
import { describeSource } from '../transforms/describe-source.ts'
import { transformsOf } from '../transforms/transformed.ts'
import {
  type LeftOutImage,
  manifestFile,
  type PreparedManifest,
  type PreparedSettings,
  type PreparedShard,
  readManifest,
  settingsDifferences,
  unfinishedFile,
  writeManifest,
} from './manifest.ts'
import { writeNpyShard } from './npy-shard.ts'
import { type CheckedPrepare, checkPrepare, type PrepareOptions } from './options.ts'
import type { ShardImage } from './shard.ts'
import { writeTarShard } from './tar-shard.ts'

const where = 'prepareImages'

/** Images that are read together, and how many such batches at once. */
const [batchImages, batchesAhead] = [32, 4]

/** What {@link prepareImages} made. */
export interface PreparedCopy {
  /** Images in the folder. */
  readonly count: number
  /** Those of them that this call made. */
  readonly made: number
  /** Images that could not be read and were left out, in all. */
  readonly unreadable: readonly LeftOutImage[]
  /** The path of the manifest. */
  readonly manifest: string
}

/**
 * Copies a source to a folder of shards, with its transforms applied, so that training reads small images of one size:
 * `prepareImages(transformed(photos, resizeCrop({ size: 64 })), 'photos-64')`. `preparedImages` reads them; so do NumPy (`npy`) and WebDataset (`tar`). `manifest.json` says what they are: the source, the
 * transforms, the versions of the decoder, and of each shard its images, bytes and SHA-256.
 *
 * Interrupted at any moment, by a signal or a kill, and called again with the same arguments, it resumes after the last shard that is
 * whole, and the files become those of an uninterrupted call to the last byte. Finished, it returns at once; shards that are missing or of
 * another length are made again. Threads decode and transform encoded images. The folder tells sources apart by name, number of images and classes. One process writes to a folder at
 * a time.
 * @throws {CascadeError} before any work, of code `input` if an option is wrong, the images are not made of one size for `npy`, a transform
 * is random, or the folder holds anything else or a copy with other settings, which the error lists; later of code `data` or `file` that
 * names an image that cannot be read, unless those are skipped, of code `file` if a file cannot be written, of code `interrupted` if
 * the signal aborts.
 */
export async function prepareImages(
  source: ImageSource,
  folder: string,
  options: PrepareOptions = {},
): Promise<PreparedCopy> {
  if (typeof folder !== 'string' || folder === '')
    throw new CascadeError('input', `${where}: expected the path of a folder, got ${shown(folder)}`)
  const checked = checkPrepare(where, source, options)
  const { progress, signal } = options
  const settings = settingsOf(checked)
  const finished = await savedManifest(folder, manifestFile, settings)
  const started = finished ?? (await savedManifest(folder, unfinishedFile, settings))
  const versions = await versionsNow()
  if (started === undefined) await checkEmpty(folder)
  else if (!finished) checkVersions(folder, started.versions, versions)
  const total = source.count
  const shards: PreparedShard[] = []
  const manifest = (): Omit<PreparedManifest, 'format'> => ({
    count: shards.reduce((sum, { images }) => sum + images, 0),
    size: checked.size ?? null,
    channels: source.channels,
    settings,
    versions: finished?.versions ?? versions,
    shards,
  })
  let made = 0
  let begun = false
  let reader: ImageReader | undefined
  try {
    for (let first = 0; first < total; first += checked.shardImages) {
      const number = shards.length
      const length = Math.min(checked.shardImages, total - first)
      const kept = started?.shards[number]
      if (kept && (await isWhole(folder, kept))) {
        shards.push(kept)
        progress?.({ done: first + length, total })
        continue
      }
      throwIfAborted(signal, where)
      if (!reader) {
        reader = readerOf(source, options.workers).reader
        reader.awaited(true)
      }
      if (!begun) await begin(folder)
      if (!begun && !started) await writeManifest(folder, unfinishedFile, manifest())
      begun = true
      const report = (done: number) => progress?.({ done: first + done, total })
      const shard = await writeShard(checked, reader, folder, number, first, length, report, signal)
      shards.push(shard)
      made += shard.images
      // A finished copy of which shards were lost stays finished.
      if (!finished) await writeManifest(folder, unfinishedFile, manifest())
    }
  } finally {
    await reader?.close()
  }
  const result = manifest()
  const unreadable = shards.flatMap((shard) => shard.unreadable ?? [])
  if (result.count === 0)
    throw new CascadeError(
      'data',
      `${where}: expected images that can be read, got none of ${total}: ${unreadable[0]?.error}`,
    )
  if (!finished || begun) await writeManifest(folder, manifestFile, result)
  await rm(join(folder, unfinishedFile), { force: true })
  return { count: result.count, made, unreadable, manifest: join(folder, manifestFile) }
}

const settingsOf = ({ source, format, shardImages, unreadable }: CheckedPrepare): PreparedSettings => ({
  source: describeSource(untransformed(source)),
  decoding: untransformed(source).encoded?.decoding ?? null,
  transforms: transformsOf(source).map(({ name, config = { name } }) => config),
  format,
  shardImages,
  unreadable,
  classNames: source.classNames ?? null,
})

async function versionsNow(): Promise<Readonly<Record<string, string>>> {
  const { default: sharp } = await import('sharp')
  const { sharp: own, vips } = sharp.versions as { readonly sharp?: string; readonly vips?: string }
  return { sharp: String(own), vips: String(vips) }
}

/** @throws if there is a manifest with other settings. */
async function savedManifest(
  folder: string,
  name: string,
  settings: PreparedSettings,
): Promise<PreparedManifest | undefined> {
  const saved = await readManifest(folder, name)
  // Shards in which every image could be read are the same either way.
  const there =
    saved?.settings.unreadable === 'fail' ? { ...saved.settings, unreadable: settings.unreadable } : saved?.settings
  const lines = there ? settingsDifferences(there, settings) : []
  if (lines.length === 0) return saved
  throw new CascadeError(
    'input',
    `${where}: expected the settings of the copy in ${folder}, got others:\n` +
      `${lines.map((line) => `  ${line}`).join('\n')}\nrestore them to resume, or choose another folder`,
  )
}

/** One copy is made by one decoder. */
function checkVersions(folder: string, there: PreparedManifest['versions'], now: PreparedManifest['versions']): void {
  const line = (versions: PreparedManifest['versions']) =>
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')
  if (line(there) !== line(now))
    throw new CascadeError(
      'input',
      `${where}: expected ${line(there)}, which began the copy in ${folder}, got ${line(now)}; remove the folder to begin anew`,
    )
}

/** @throws unless there is no such folder or it is empty. */
async function checkEmpty(folder: string): Promise<void> {
  if (!existsSync(folder)) return
  const files = await readdir(folder).catch((cause) => {
    throw new CascadeError('input', `${where}: expected a folder, got ${folder}: ${cause.message}`, { cause })
  })
  // What a kill before the first manifest left.
  const other = files.find((file) => !(file.startsWith(unfinishedFile) && file.endsWith('.partial')))
  if (other !== undefined)
    throw new CascadeError('input', `${where}: expected ${folder} to be empty or a prepared copy, got '${other}' in it`)
}

/** Makes the folder, or removes what a killed call left half written. */
async function begin(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause) => Promise.reject(fileError(folder, cause)))
  for (const file of await readdir(folder)) if (file.endsWith('.partial')) await rm(join(folder, file), { force: true })
}

async function isWhole(folder: string, { labels, ...images }: PreparedShard): Promise<boolean> {
  for (const { file, bytes } of labels ? [images, labels] : [images]) {
    const found = await stat(join(folder, file)).catch(() => undefined)
    if (found?.size !== bytes) return false
  }
  return true
}

async function writeShard(
  checked: CheckedPrepare,
  reader: ImageReader,
  folder: string,
  number: number,
  first: number,
  length: number,
  report: (done: number) => void,
  signal: AbortSignal | undefined,
): Promise<PreparedShard> {
  const { source, format, size } = checked
  const unreadable: LeftOutImage[] = []
  const batches = Math.ceil(length / batchImages)
  const load = (batch: number): Promise<LoadedBatch> => {
    const start = first + batch * batchImages
    const indices = Array.from({ length: Math.min(batchImages, first + length - start) }, (_, i) => start + i)
    const request = { step: batch, indices, firstIndex: 0, firstPlace: start, rng: undefined }
    return loadBatch(reader, request, { kind: checked.unreadable === 'skip' ? 'leave-out' : 'fail' })
  }
  async function* images(): AsyncGenerator<ShardImage> {
    let done = 0
    for await (const { indices, images, labels, skipped, release } of inOrder(batches, batchesAhead, load)) {
      throwIfAborted(signal, where)
      for (const { index, name, error } of skipped) unreadable.push({ index, name, error: error.message })
      for (const [i, image] of images.entries()) {
        const [index, got] = [indices[i]!, sizeOfImage(image)]
        if (size && String(got) !== String(size))
          throw new CascadeError(
            'data',
            `${source.name}: expected images of ${shownSize(size)}, got ${shownSize(got)} in image ${index}`,
          )
        yield { index, image, label: labels?.[i] }
      }
      release()
      done += images.length + skipped.length
      report(done)
    }
  }
  const place = { folder, number, most: length, labelled: source.classNames !== undefined }
  const written =
    format === 'tar'
      ? await writeTarShard(place, images())
      : await writeNpyShard(place, images(), [...size!, source.channels])
  return unreadable.length > 0 ? { ...written, unreadable } : written
}
