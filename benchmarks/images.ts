import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundle } from './bundle.ts'
import { pythonOfVenv } from './peers/peer.ts'
import { columns, type Machine, machine, median, type Rows, writeResults } from './results.ts'

const kinds = ['folder', 'tar', 'parquet'] as const
type Kind = (typeof kinds)[number]

/** One comparison: medians of one epoch, in images a second. */
export interface ImageRate {
  kind: Kind
  peer: string
  peerRate: number
  exactRate: number
  fastRate: number
  /** Milliseconds to open the data set, ours. */
  openMs: number
}

/** `results/images.json`. */
export interface ImageResults extends Omit<Machine, 'loadAverage'> {
  rounds: number
  images: number
  works: ImageRate[]
}

export interface ImageOptions {
  readonly rounds: number
  /** A folder of JPEG files in subfolders. Default: 5,000 are drawn. */
  readonly images?: string | undefined
}

const peers: Record<Kind, string> = {
  folder: 'torchvision, DataLoader',
  tar: 'webdataset',
  parquet: 'datasets, DataLoader',
}

interface Epoch {
  readonly openMs: number
  readonly ms: number
  readonly images: number
}

const run = promisify(execFile)

async function asked<T>(command: string, ...args: readonly string[]): Promise<T> {
  const { stdout } = await run(command, [...args], { maxBuffer: 1 << 26 })
  return JSON.parse(stdout.trim().split('\n').at(-1) as string)
}

/**
 * Loads the same JPEG files from a folder, tar shards and parquet, resized to 64 and cropped, in shuffled batches of 32, by two workers: ours
 * against PyTorch with Pillow, each epoch in a new process, in turns, by medians. Before that, every byte of every image must be
 * torchvision's. Prints images a second, and writes `results/images.json`.
 */
export async function benchImages({ rounds, images }: ImageOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-images-'))
  // Below a package.json of modules, for the file of threads.
  const runs = fileURLToPath(new URL('runs/', import.meta.url))
  await mkdir(runs, { recursive: true })
  const built = await mkdtemp(join(runs, 'images-'))
  try {
    const script = join(built, 'images-ours.mjs')
    await bundle('images-ours.ts', script)
    await bundle('../packages/data/src/loader-thread.ts', join(built, 'loader-thread.js'))
    const python = pythonOfVenv()
    const peer = fileURLToPath(new URL('peers/images.py', import.meta.url))
    if (images === undefined) await asked(python, peer, 'draw', '5000', join(folder, 'folder'))
    else await cp(images, join(folder, 'folder'), { recursive: true })
    console.log(`${(await readdir(join(folder, 'folder'))).length} classes`)
    const { images: count } = await asked<{ images: number }>(python, peer, 'pack', folder)
    await verify(python, peer, script, folder)

    const contenders: Record<string, () => Promise<Epoch>> = {}
    for (const kind of kinds) {
      contenders[`${kind} peer`] = () => asked(python, peer, 'time', kind, folder)
      for (const how of ['exact', 'fast'])
        contenders[`${kind} ${how}`] = () => asked(process.execPath, script, 'time', kind, folder, how)
    }
    const taken: Record<string, Epoch[]> = {}
    // Round 0 does not count: files come into the cache of the system, and datasets makes a cache of its own.
    for (let round = 0; round <= rounds; round++)
      for (const [name, contender] of Object.entries(contenders)) {
        const epoch = await contender()
        console.log(`${round} ${name}: ${Math.round((1000 * epoch.images) / epoch.ms)} images/s`)
        if (round > 0) taken[name] = [...(taken[name] ?? []), epoch]
      }
    const rate = (name: string) => Math.round(median(taken[name]!.map(({ images, ms }) => (1000 * images) / ms)))
    const works = kinds.map((kind) => ({
      kind,
      peer: peers[kind],
      peerRate: rate(`${kind} peer`),
      exactRate: rate(`${kind} exact`),
      fastRate: rate(`${kind} fast`),
      openMs: Math.round(median(taken[`${kind} exact`]!.map(({ openMs }) => openMs))),
    }))
    console.log(`\n${columns(imageRows(works))}`)
    const { loadAverage, ...about } = machine()
    const results: ImageResults = { ...about, rounds, images: count, works }
    console.log(`\nwritten to ${writeResults('images', results)}`)
  } finally {
    await rm(folder, { recursive: true })
    await rm(built, { recursive: true })
  }
}

/** @throws unless all our images and labels are torchvision's. */
async function verify(python: string, peer: string, script: string, folder: string): Promise<void> {
  const expected = JSON.stringify(await asked(python, peer, 'digest', folder))
  for (const kind of kinds) {
    const found = JSON.stringify(await asked(process.execPath, script, 'digest', kind, folder, 'exact'))
    if (found !== expected) throw new Error(`${kind}: expected the images of torchvision, ${expected}, got ${found}`)
  }
  console.log('all images are those of torchvision')
}

/** A line for each comparison. */
export const imageRows = (works: readonly ImageRate[]): Rows => [
  ['images a second', 'peer', 'its rate', 'ours', 'ratio', 'ours, fast', 'ratio'],
  ...works.map(({ kind, peer, peerRate, exactRate, fastRate }) => [
    kind,
    peer,
    `${peerRate}`,
    `${exactRate}`,
    `${(exactRate / peerRate).toFixed(2)}×`,
    `${fastRate}`,
    `${(fastRate / peerRate).toFixed(2)}×`,
  ]),
]
