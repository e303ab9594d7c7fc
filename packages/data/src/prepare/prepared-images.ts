import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CascadeError,
  checkFlag,
  checkFunction,
  checkOptions,
  checkSignal,
  shown,
  throwIfAborted,
} from '@cascade-diffusion/checks'
import type { ImageSource } from '../sources/image-source.ts'
import { manifestFile, type PreparedManifest, readManifest, type ShardFile, unfinishedFile } from './manifest.ts'
import { npySource } from './npy-source.ts'
import { tarSource } from './tar-source.ts'

const where = 'preparedImages'

/** Options of {@link preparedImages}. */
export interface PreparedOptions {
  /** Whether the SHA-256 of every file is compared, which reads them all. Default false: only their lengths. */
  readonly verify?: boolean
  /** Called while files are verified. */
  readonly progress?: (progress: { readonly done: number; readonly total: number }) => void
  /** Ends the verification. */
  readonly signal?: AbortSignal
}

/** A source of images that `prepareImages` wrote. {@link preparedImages} makes it. */
export interface PreparedSource extends ImageSource {
  /** What they are, and how they were made. */
  readonly manifest: PreparedManifest
}

/**
 * The images that `prepareImages` wrote to a folder, in the order of their source. Those of `npy` shards are read at their places in the
 * files; those of `tar` shards are encoded, so a loader decodes them in its threads. Labels are in memory, 4 bytes each.
 * @throws {CascadeError} of code `data` if there is no finished copy in the folder, its manifest is damaged, a file is missing or has
 * another length, or, with `verify`, another SHA-256: all such files are listed.
 */
export async function preparedImages(folder: string, options: PreparedOptions = {}): Promise<PreparedSource> {
  checkOptions(where, options, { verify: true, progress: true, signal: true })
  const { progress, signal } = options
  const verify = checkFlag(where, 'verify', options.verify ?? false)
  if (progress !== undefined) checkFunction(where, 'progress', progress)
  if (signal !== undefined) checkSignal(where, signal)
  if (typeof folder !== 'string' || folder === '')
    throw new CascadeError('input', `${where}: expected the path of a folder, got ${shown(folder)}`)
  const manifest = await readManifest(folder, manifestFile)
  if (!manifest) throw await unfinished(folder)
  if (manifest.count === 0)
    throw new CascadeError('data', `${join(folder, manifestFile)}: expected at least one image, got none`)
  const files = manifest.shards.flatMap(({ labels, ...images }): ShardFile[] => (labels ? [images, labels] : [images]))
  const wrong = await inFiles(files, async ({ file, bytes }) => {
    const found = await stat(join(folder, file)).catch(() => undefined)
    if (!found) return `${file}: it is not there`
    return found.size === bytes ? undefined : `${file}: expected ${bytes} bytes, got ${found.size}`
  })
  refuse(folder, wrong)
  if (verify) {
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
    let done = 0
    const damaged = await inFiles(files, async ({ file, bytes, sha256 }) => {
      const hash = createHash('sha256')
      for await (const part of createReadStream(join(folder, file), { highWaterMark: 2 ** 20 })) {
        throwIfAborted(signal, where)
        hash.update(part)
      }
      done += bytes
      progress?.({ done, total })
      const found = hash.digest('hex')
      return found === sha256 ? undefined : `${file}: expected the SHA-256 ${sha256}, got ${found}`
    })
    refuse(folder, damaged)
  }
  const source = await (manifest.settings.format === 'tar' ? tarSource(folder, manifest) : npySource(folder, manifest))
  return { ...source, manifest }
}

async function unfinished(folder: string): Promise<CascadeError> {
  const begun = await readManifest(folder, unfinishedFile)
  if (!begun)
    return new CascadeError(
      'data',
      `${where}: expected ${manifestFile} in ${folder}, as prepareImages writes it, got no such file`,
    )
  const total = begun.settings.source.images[0]
  return new CascadeError(
    'data',
    `${where}: expected a finished copy in ${folder}, got ${begun.count} of ${total} images; prepareImages with the same ` +
      'settings resumes',
  )
}

async function inFiles(files: readonly ShardFile[], check: (file: ShardFile) => Promise<string | undefined>) {
  const wrong: string[] = []
  for (const file of files) {
    const found = await check(file)
    if (found !== undefined) wrong.push(found)
  }
  return wrong
}

function refuse(folder: string, wrong: readonly string[]): void {
  if (wrong.length === 0) return
  const more = wrong.length > 10 ? `\n  and ${wrong.length - 10} others` : ''
  throw new CascadeError(
    'data',
    `${where}: expected the files of ${join(folder, manifestFile)}, got others:\n` +
      `${wrong
        .slice(0, 10)
        .map((line) => `  ${line}`)
        .join('\n')}${more}`,
  )
}
