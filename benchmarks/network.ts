import { rows } from '@cascade-diffusion/arrays'
import { checkForward, checkTraining, type FirstCalls } from './agreement.ts'
import { coreDistance } from './core-distance.ts'
import { multiplyAdds } from './cost.ts'
import { type MatrixRate, products } from './matrix-rate.ts'
import { type ModelName, models, threads, type Work, worksNamed } from './models.ts'
import { forward, type Runner, train, trainFull } from './network-ours.ts'
import {
  byWork,
  type Comparison,
  columns,
  compare,
  comparisonRows,
  type Machine,
  machine,
  rateRows,
  readResults,
  writeResults,
} from './results.ts'
import { type Shared, withPeer } from './shared.ts'
import { takeTurns, timed } from './turns.ts'

const eager = ['eager-nchw', 'eager-nhwc']
const compiled = ['compile-nchw', 'compile-nhwc']

export interface NetworkOptions {
  /** Also against `torch.compile`. */
  compile: boolean
  /** Turns of each side. */
  rounds: number
  /** Only these workloads. Default: all. */
  works?: readonly string[] | undefined
  /** Saves the results of chosen workloads too, in place of those of the same name. */
  save: boolean
}

/** How a workload was measured, and its rates. */
export interface WorkRecord {
  work: string
  date: string
  rounds: number
  /** Over the minute before. */
  loadAverage: number
  /** Of direct convolution: two for each multiply-add. */
  gflop: number
  /** Our rate in GFLOP/s, with the cores together if they were. */
  effectiveRate: number
  matrixRate: MatrixRate
  firstCallSeconds: FirstCalls
}

/**
 * Times forward passes and training steps of the networks in `models.ts` against PyTorch, with the same weights and two
 * threads each, in turns; first checks that both compute the same. Prints tables and writes `results/network.json`, a
 * list of comparisons, and `results/network.machine.json`.
 */
export async function benchNetwork({ compile, rounds, works: names, save }: NetworkOptions): Promise<void> {
  const chosen = worksNamed(names)
  const comparisons: Comparison[] = []
  const records: WorkRecord[] = []
  const variants = compile ? [...eager, ...compiled] : eager
  for (const model of Object.keys(models) as ModelName[]) {
    const works = chosen.filter((work) => work.model === model)
    if (works.length === 0) continue
    await withPeer(model, Math.max(...works.map(({ batch }) => batch)), async (shared) => {
      for (const work of works) {
        const about = machine()
        if (about.loadAverage > 0.5) console.warn(`The machine is busy (load ${about.loadAverage}): beware.`)
        const turns = Math.max(3, Math.ceil(rounds * work.share))
        const { compared, gflop, firstCallSeconds, matrixRate } = await measure(work, variants, shared, turns)
        comparisons.push(...compared)
        records.push({
          work: work.name,
          date: about.date,
          rounds: turns,
          loadAverage: about.loadAverage,
          gflop: Number(gflop.toFixed(3)),
          effectiveRate: Number(((1000 * gflop) / compared[0]!.oursMs).toFixed(1)),
          matrixRate,
          firstCallSeconds,
        })
        if (!names || save) write(compared, records.at(-1)!, shared)
      }
    })
  }
  console.log(`\n${columns(comparisonRows(comparisons))}\n\n${columns(rateRows(records))}`)
}

/** `results/network.machine.json`. */
export interface NetworkMachine extends Omit<Machine, 'date' | 'loadAverage'> {
  threads: number
  peer: Record<string, unknown>
  works: WorkRecord[]
}

function write(compared: readonly Comparison[], record: WorkRecord, { peer }: Shared): void {
  const { date, loadAverage, ...about } = machine()
  writeResults('network', byWork(readResults<Comparison[]>('network'), compared))
  const works = byWork(readResults<Partial<NetworkMachine>>('network.machine')?.works, [record])
  writeResults('network.machine', { ...about, threads, peer: peer.about, works } satisfies NetworkMachine)
}

async function measure(work: Work, variants: readonly string[], shared: Shared, rounds: number) {
  const { peer } = shared
  const { name, kind, warmup, calls } = work
  const call = { work: name, training: kind !== 'forward', batch: work.batch }
  for (const variant of variants) {
    const { adam } = await peer.ask<{ adam?: string }>({ do: 'prepare', variant, ...call })
    if (adam) console.log(`${name}: ${variant} is quickest with PyTorch's ${adam} Adam`)
  }
  const { ours, firstCallSeconds } = await checked(work, { ...shared, variants })
  const theirs = async (variant: string) =>
    (await peer.ask<{ ms: number[] }>({ do: 'run', work: name, variant, warmup, calls })).ms
  // The rate of the machine is measured in turn with the rest: shared CPUs change theirs by the minute.
  const multiply = products(peer, threads)
  const distance = coreDistance()
  const turns = await takeTurns(
    {
      ours: () => timed(ours.run, warmup, calls),
      ...Object.fromEntries(variants.map((variant) => [variant, () => theirs(variant)])),
      ...multiply.contenders,
    },
    rounds,
    distance,
  )
  const compared = compare(name, Object.fromEntries(['ours', ...variants].map((side) => [side, turns[side]!])))
  const gflop = (2 * multiplyAdds(ours.traced.fn, ours.traced.args)) / 1e9
  await Promise.all([distance.dispose(), ours.dispose(), multiply.dispose(), peer.ask({ do: 'release', work: name })])
  return { compared, gflop, firstCallSeconds, matrixRate: multiply.rate(turns) }
}

/** Our side of a workload, once every variant computes the same. */
async function checked(
  work: Work,
  setting: Shared & { variants: readonly string[] },
): Promise<{ ours: Runner<unknown>; firstCallSeconds: FirstCalls }> {
  const ours = runner(work, setting)
  const check = work.kind === 'forward' ? checkForward : checkTraining
  return { ours, firstCallSeconds: await check(work, ours as never, setting) }
}

/** Our side of a workload. */
export function runner(
  { kind, model, batch: n }: Work,
  { weights, batch: { x, noise, t } }: Pick<Shared, 'weights' | 'batch'>,
): Runner<unknown> {
  const make = { forward, train, 'train-full': trainFull }[kind]
  const batch = { x: rows(x, 0, n), noise: rows(noise, 0, n), t: rows(t, 0, n) }
  return make(weights, batch, threads, models[model])
}
