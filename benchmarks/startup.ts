import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.ts'
import { models, peerConfig, threads, type Work, works, worksNamed } from './models.ts'
import { pythonOfVenv } from './peers/peer.ts'
import { byWork, columns, type Machine, machine, median, type Rows, readResults, writeResults } from './results.ts'

/** Steps of each process: the later ones show the preparation in the first, and reach the peak of memory. */
const steps = 3

export interface StartupOptions {
  /** Also `torch.compile`, without its cache: minutes for each workload. It has a single round. */
  compile: boolean
  rounds: number
  works?: readonly string[] | undefined
  save: boolean
}

/** The first steps of one process. */
export interface FirstSteps {
  /** From the start of the process to the end of the first step. */
  seconds: number
  /**
   * Of those, the difference between the first step and the fastest later one: tracing, compiling, first use of memory.
   */
  compileSeconds: number
  /** The most resident memory (VmHWM). */
  peakMiB: number
}

export interface Startup {
  work: string
  contenders: Record<string, FirstSteps>
}

/** `results/startup.json`. */
export interface StartupResults extends Omit<Machine, 'loadAverage'> {
  threads: number
  rounds: number
  works: Startup[]
}

/**
 * Starts processes that train, in turns, by medians: ours, eager PyTorch and optionally `torch.compile`. Prints the
 * time to the end of the first step and the peak memory, and writes `results/startup.json`.
 */
export async function benchStartup({ compile, rounds, works: names, save }: StartupOptions): Promise<void> {
  const chosen = worksNamed(
    names,
    works.filter(({ kind }) => kind === 'train'),
  )
  const folder = await mkdtemp(join(fileURLToPath(new URL('.', import.meta.url)), 'node_modules/.startup-'))
  try {
    const script = join(folder, 'first-step.mjs')
    await bundle('first-step.ts', script)
    const measured: Startup[] = []
    for (const work of chosen) {
      measured.push({ work: work.name, contenders: await measure(work, script, folder, compile, rounds) })
      console.log(`\n${columns(startupRows([measured.at(-1)!]))}`)
    }
    if (names && !save) return
    const { date, loadAverage, ...about } = machine()
    const done = byWork(readResults<StartupResults>('startup')?.works, measured)
    const results: StartupResults = { date, ...about, threads, rounds, works: done }
    console.log(`\nwritten to ${writeResults('startup', results)}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A line for each contender of each workload. */
export const startupRows = (measured: readonly Startup[]): Rows => [
  ['work', 'contender', 'to the end of the first step', 'of that, preparation', 'peak memory'],
  ...measured.flatMap(({ work, contenders }) =>
    Object.entries(contenders).map(([name, { seconds, compileSeconds, peakMiB }]) => [
      work,
      name,
      `${seconds.toFixed(2)} s`,
      `${compileSeconds.toFixed(2)} s`,
      `${peakMiB.toFixed(0)} MiB`,
    ]),
  ),
]

async function measure(work: Work, script: string, folder: string, compile: boolean, rounds: number) {
  const config = models[work.model]
  const peer = fileURLToPath(new URL('peers/first_step.py', import.meta.url))
  let caches = 0
  const fresh = () => join(folder, `${work.name}-${caches++}`)
  const ours = (cache: string) =>
    firstSteps(process.execPath, [script, work.model, `${work.batch}`, `${steps}`], { CASCADE_DIFFUSION_CACHE: cache })
  const theirs = (variant: string) => {
    const args = [`${threads}`, peerConfig(config), `${work.batch}`, `${config.resolution}`, variant, `${steps}`]
    const cache = fresh()
    return firstSteps(pythonOfVenv(), [peer, ...args], { TORCHINDUCTOR_CACHE_DIR: cache, TRITON_CACHE_DIR: cache })
  }

  // Once uncounted: the first time files come from the disk.
  await ours(fresh())
  await theirs('eager-nchw')
  const contenders: Record<string, () => Promise<FirstSteps>> = {
    ours: () => ours(fresh()),
    'eager-nchw': () => theirs('eager-nchw'),
    'eager-nhwc': () => theirs('eager-nhwc'),
  }
  const results: Record<string, FirstSteps[]> = {}
  const run = async (name: string, contender: () => Promise<FirstSteps>) => {
    results[name] = [...(results[name] ?? []), await contender()]
  }
  for (let round = 0; round < rounds; round++)
    for (const [name, contender] of Object.entries(contenders)) await run(name, contender)
  if (compile) for (const name of ['compile-nchw', 'compile-nhwc']) await run(name, () => theirs(name))

  const middle = (given: readonly FirstSteps[], key: keyof FirstSteps) =>
    Number(median(given.map((one) => one[key])).toFixed(3))
  return Object.fromEntries(
    Object.entries(results).map(([name, given]) => [
      name,
      {
        seconds: middle(given, 'seconds'),
        compileSeconds: middle(given, 'compileSeconds'),
        peakMiB: middle(given, 'peakMiB'),
      },
    ]),
  )
}

/** Runs a process that writes a line after its first step, and its times and memory at the end. */
async function firstSteps(command: string, args: readonly string[], env: Record<string, string>): Promise<FirstSteps> {
  const start = performance.now()
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  let seconds: number | undefined
  let last = ''
  for await (const line of createInterface({ input: child.stdout })) {
    seconds ??= (performance.now() - start) / 1000
    last = line
  }
  const code = await ended
  if (code !== 0 || seconds === undefined) throw new Error(`${command} ${args[0]} ended with code ${code}`)
  const { ms, peakMiB } = JSON.parse(last) as { ms: number[]; peakMiB: number }
  return { seconds, compileSeconds: (ms[0]! - Math.min(...ms.slice(1))) / 1000, peakMiB }
}
