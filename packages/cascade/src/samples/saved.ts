import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { fileError, writeFilesAtomically } from '@cascade-diffusion/files'
import { differences } from '@cascade-diffusion/training'
import { isNpz, placeOf, type SamplesPlace } from './place.ts'
import type { SampleSettings } from './settings.ts'

const format = 'cascade-diffusion samples 1'

/** What a manifest and the state of an unfinished run have in common. */
interface Saved {
  readonly format: typeof format
  /** The number of images of the run. */
  readonly count: number
  readonly settings: SampleSettings
}

/** The state of an unfinished run. */
export interface SampleState extends Saved {
  /** The number of images that are on the disk. */
  readonly done: number
  readonly labelled: boolean
}

/** What `samples.json` holds. */
export interface SampleManifest extends Saved {
  /** The place of the first image in the whole set. */
  readonly firstIndex: number
  readonly stages: readonly {
    readonly name: string
    /** [height, width]. */
    readonly size: readonly [number, number]
    readonly channels: number
    /** The folder of the images, or the `.npz` file, relative to the manifest. */
    readonly path: string
  }[]
  readonly classNames: readonly string[] | null
  /** The class of each image, an index into `classNames`, or -1. */
  readonly labels: readonly number[] | null
}

/** What an earlier run left at a place: the state if it is unfinished, else the manifest. */
export interface SavedRun {
  readonly state?: SampleState
  readonly manifest?: SampleManifest
}

/** @throws if a file is there that this version cannot read. */
export async function readSaved(where: string, place: SamplesPlace): Promise<SavedRun> {
  return {
    state: await read<SampleState>(where, join(place.folder, place.state)),
    manifest: await read<SampleManifest>(where, join(place.folder, place.manifest)),
  }
}

async function read<T extends Saved>(where: string, path: string): Promise<T | undefined> {
  if (!existsSync(path)) return undefined
  let saved: Partial<Saved> | undefined
  try {
    saved = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new CascadeError('data', `${where}: expected JSON in ${path}: ${(cause as Error).message}`, { cause })
  }
  if (saved?.format === format) return saved as T
  throw new CascadeError(
    'data',
    `${where}: expected the format '${format}' in ${path}, got ${JSON.stringify(saved?.format)}`,
  )
}

/**
 * @throws if the samples at a path are of another run: the error lists what differs. A folder may grow.
 */
export function checkSame(where: string, path: string, saved: Saved, count: number, settings: SampleSettings): void {
  const grows = !isNpz(path) && count >= saved.count
  const all = (count: number, settings: SampleSettings) => ({ count, ...settings })
  refuse(
    where,
    path,
    differences(all(saved.count, saved.settings), all(grows ? saved.count : count, settings), `in ${path}`),
  )
}

/** @throws if the labels of images that are there are others: the error names the first. */
export function checkSameLabels(
  where: string,
  path: string,
  from: number,
  saved: ArrayLike<number>,
  now: ArrayLike<number>,
): void {
  for (let i = 0; i < now.length; i++)
    if (saved[i] !== now[i])
      refuse(
        where,
        path,
        differences({ label: saved[i] }, { label: now[i] }, `in ${path}`).map((line) => `image ${from + i}: ${line}`),
      )
}

function refuse(where: string, path: string, lines: readonly string[]): void {
  if (lines.length === 0) return
  throw new CascadeError(
    'checkpoint',
    `${where}: expected the settings of the samples in ${path}, got others:\n` +
      `${lines.map((line) => `  ${line}`).join('\n')}\nrestore them to resume, or choose another path`,
  )
}

/** Notes what is on the disk. */
export async function writeState(
  { folder, state }: SamplesPlace,
  count: number,
  settings: SampleSettings,
  done: number,
  labelled: boolean,
): Promise<void> {
  const saved: SampleState = { format, count, done, labelled, settings }
  await writeFilesAtomically(folder, { [state]: `${JSON.stringify(saved)}\n` })
}

/** Writes the manifest of finished samples, then removes the state. */
export async function writeManifest(
  { folder, manifest, state }: SamplesPlace,
  content: Omit<SampleManifest, 'format'>,
): Promise<void> {
  const { labels, ...rest } = content
  // Each list of labels on one line.
  const text = JSON.stringify({ format, ...rest, labels: '' }, null, 2)
  await writeFilesAtomically(folder, { [manifest]: `${text.replace(/""(?=\n}$)/, JSON.stringify(labels))}\n` })
  await rm(join(folder, state), { force: true })
}

/** Makes the folder of a place. */
export async function makeFolder(path: string): Promise<void> {
  const { folder } = placeOf(path)
  await mkdir(folder, { recursive: true }).catch((cause) => Promise.reject(fileError(path, cause)))
}
