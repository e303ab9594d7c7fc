import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { columns, type Machine, machine, median, type Rows, writeResults } from './results.ts'

/** The milliseconds of a kind of process from its start to its end, by the median of several. */
export interface ColdStart {
  readonly process: string
  readonly ms: number
  readonly fastestMs: number
}

/** `results/cold-start.json`. */
export interface ColdStartResults extends Machine {
  readonly rounds: number
  readonly starts: readonly ColdStart[]
}

/**
 * Starts the built command in turns with Node.js alone, by medians: the help of all commands and of one, and what a shell
 * asks for completion. Prints the times and writes `results/cold-start.json`.
 */
export function benchColdStart({ rounds }: { readonly rounds: number }): void {
  const bin = fileURLToPath(new URL('../packages/cascade-diffusion/dist/bin.js', import.meta.url))
  if (!existsSync(bin)) throw new Error('expected the built command: run `npx -y pnpm@10 build` first')
  const started = measured(
    {
      'node -e 0': ['-e', '0'],
      'cascade-diffusion --help': [bin, '--help'],
      'cascade-diffusion sample --help': [bin, 'sample', '--help'],
      'completion of a word': [bin, '--complete', 'sam'],
    },
    rounds,
  )
  console.log(columns(coldStartRows(started)))
  const results: ColdStartResults = { ...machine(), rounds, starts: started }
  console.log(`\nwritten to ${writeResults('cold-start', results)}`)
}

/** A line for each kind of process. */
export const coldStartRows = (starts: readonly ColdStart[]): Rows => [
  ['process', 'median', 'fastest'],
  ...starts.map(({ process, ms, fastestMs }) => [process, `${ms.toFixed(0)} ms`, `${fastestMs.toFixed(0)} ms`]),
]

/** Starts each in turn, once uncounted: the first time files come from the disk. */
function measured(starts: Readonly<Record<string, readonly string[]>>, rounds: number): ColdStart[] {
  const times = new Map(Object.keys(starts).map((name) => [name, [] as number[]]))
  for (let round = 0; round <= rounds; round++)
    for (const [name, args] of Object.entries(starts)) {
      const ms = millisecondsOf(args)
      if (round > 0) times.get(name)!.push(ms)
    }
  return [...times].map(([process, all]) => ({
    process,
    ms: Number(median(all).toFixed(1)),
    fastestMs: Number(Math.min(...all).toFixed(1)),
  }))
}

function millisecondsOf(args: readonly string[]): number {
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const ms = performance.now() - start
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with code ${status}: ${stderr}`)
  return ms
}
