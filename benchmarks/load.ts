import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { float32 } from '@cascade-diffusion/arrays'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { bundle } from './bundle.ts'
import { venvPython } from './peers/peer.ts'
import { columns, type Machine, machine, median, type Rows, writeResults } from './results.ts'

/** Of 1 GB together. */
const tensors = { count: 250, shape: [1000, 1000] } as const

/** Medians of one way to read one file. */
export interface Loading {
  contender: string
  ms: number
  /** Relative to reading the bytes of the file. */
  ratio: number
  /** The most resident memory, runtime included. */
  peakMiB: number
}

/** `results/load.json`. */
export interface LoadResults extends Omit<Machine, 'loadAverage'> {
  rounds: number
  works: Loading[]
}

/**
 * Reads files of 1 GB in the cache of the system, each time in a new process, in turns, by medians: as bytes, as
 * safetensors with and without our checksum, and as a PyTorch file; the same in Python if `bench:setup` has been run.
 * Prints times and peaks of memory, and writes `results/load.json`. The files are in the temporary folder of the system
 * meanwhile.
 */
export async function benchLoad({ rounds }: { rounds: number }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-load-'))
  const script = fileURLToPath(new URL('node_modules/.load-file.mjs', import.meta.url))
  try {
    await bundle('load-file.ts', script)
    const contenders = await prepare(folder, script)
    const taken: Record<string, Omit<Loading, 'contender' | 'ratio'>[]> = {}
    // Round 0 does not count: the files come into the cache.
    for (let round = 0; round <= rounds; round++)
      for (const [name, [command, ...args]] of Object.entries(contenders)) {
        const { stdout } = await run(command, args)
        if (round > 0) taken[name] = [...(taken[name] ?? []), JSON.parse(stdout)]
      }
    const middle = (name: string, key: 'ms' | 'peakMiB') => median(taken[name]!.map((one) => one[key]))
    const works = Object.keys(taken).map((contender) => ({
      contender,
      ms: Math.round(middle(contender, 'ms')),
      ratio: Number((middle(contender, 'ms') / middle(bytes, 'ms')).toFixed(2)),
      peakMiB: Math.round(middle(contender, 'peakMiB')),
    }))
    console.log(`\n${columns(loadRows(works))}`)
    const { loadAverage, ...about } = machine()
    console.log(`\nwritten to ${writeResults('load', { ...about, rounds, works } satisfies LoadResults)}`)
  } finally {
    await rm(folder, { recursive: true })
    await rm(script, { force: true })
  }
}

/** A line for each contender. */
export const loadRows = (works: readonly Loading[]): Rows => [
  ['1 GB', 'time', 'times reading its bytes', 'peak memory'],
  ...works.map(({ contender, ms, ratio, peakMiB }) => [
    contender,
    `${ms} ms`,
    `${ratio.toFixed(2)}×`,
    `${peakMiB} MiB`,
  ]),
]

const bytes = 'its bytes (readFileSync)'
const run = promisify(execFile)

/** Makes the files. Returns the commands that read them, by name. */
async function prepare(folder: string, script: string): Promise<Record<string, [string, ...string[]]>> {
  const [ours, foreign, pt] = ['ours.safetensors', 'foreign.safetensors', 'model.pt'].map((name) => join(folder, name))
  const { count, shape } = tensors
  const values = Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(i))
  const named = Object.fromEntries(Array.from({ length: count }, (_, i) => [`layer.${i}`, float32(values, shape)]))
  await writeSafetensors(ours!, named)
  await copyFile(ours!, foreign!)
  await withoutChecksum(foreign!)
  const node = (how: string, path: string): [string, ...string[]] => [process.execPath, script, how, path]
  const own = {
    [bytes]: node('read', foreign!),
    safetensors: node('load', foreign!),
    'safetensors, our checksum verified': node('load', ours!),
  }
  if (!existsSync(venvPython)) return own
  const peer = fileURLToPath(new URL('peers/load.py', import.meta.url))
  await run(venvPython, [peer, 'convert', foreign!, pt!])
  return {
    ...own,
    'PyTorch .pt': node('load', pt!),
    'Python: safetensors': [venvPython, peer, 'load', foreign!],
    'Python: torch.load': [venvPython, peer, 'load', pt!],
  }
}

/** Renames the metadata key of the checksum. */
async function withoutChecksum(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const head = Buffer.alloc(4096)
    await file.read(head, 0, head.length, 0)
    await file.write('x', head.indexOf('"sha256":') + 1)
  } finally {
    await file.close()
  }
}
