import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { float32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { readSafetensors, writeSafetensors } from '@cascade-diffusion/checkpoints'
import { rng } from '@cascade-diffusion/random'
import { fromImprovedDiffusion } from '@cascade-diffusion/unet'
import { type Batch, config, forward, type Runner, train } from './network-ours.ts'
import { type Peer, startPeer } from './peers/peer.ts'
import { type Comparison, compare, machine, table, writeResults } from './results.ts'

/** A work: what is done, on how many images, and how often in each turn; training takes long enough for one call a turn. */
interface Work {
  name: string
  kind: 'forward' | 'train'
  batch: number
  warmup: number
  calls: number
}

const works: readonly Work[] = [
  { name: 'forward-b1', kind: 'forward', batch: 1, warmup: 1, calls: 5 },
  { name: 'forward-b8', kind: 'forward', batch: 8, warmup: 1, calls: 2 },
  { name: 'train-b8', kind: 'train', batch: 8, warmup: 0, calls: 1 },
]

const eager = ['eager-nchw', 'eager-nhwc']
const compiled = ['compile-nchw', 'compile-nhwc']
const threads = 2
const checkedSteps = 3

/** Threads of one side spin for some milliseconds after its turn: the other side's turn starts when they rest. */
const pauseMs = 100

export interface NetworkOptions {
  /** Also against `torch.compile`. */
  compile: boolean
  /** Turns of each side. */
  rounds: number
  /** Only these works, writing no results file. All by default. */
  works?: readonly string[] | undefined
}

/**
 * Times forward passes and training steps of the U-Net of Improved DDPM (7.28 M parameters, 32×32) against PyTorch: same
 * weights, two threads each, taking turns; first checks that both compute the same. Prints a table and writes
 * `results/network.json`, a list of comparisons, and `results/network.machine.json`.
 */
export async function benchNetwork({ compile, rounds, works: names }: NetworkOptions): Promise<void> {
  for (const name of names ?? [])
    if (!works.some((work) => work.name === name))
      throw new Error(`bench network: expected a work among ${works.map((work) => work.name).join(', ')}, got ${name}`)
  const about = machine()
  if (about.loadAverage > 0.5)
    console.warn(`The machine is busy (load ${about.loadAverage}): do not trust the figures.`)

  const folder = await mkdtemp(join(tmpdir(), 'bench-network-'))
  const peer = await startPeer('serve.py', `${threads}`)
  try {
    const { batch, weights } = await share(peer, folder)
    const comparisons: Comparison[] = []
    for (const work of works.filter(({ name }) => names?.includes(name) ?? true)) {
      const variants = compile ? [...eager, ...compiled] : eager
      comparisons.push(await measure(work, variants, { peer, folder, batch, weights, rounds }))
    }
    console.log(`\n${table(comparisons)}`)
    if (names) return
    writeResults('network.machine', { ...about, rounds, threads, peer: peer.about })
    console.log(`\nwritten to ${writeResults('network', comparisons)}`)
  } finally {
    peer.close()
    await rm(folder, { recursive: true })
  }
}

interface Shared {
  batch: Batch
  weights: Record<string, NDArray>
}

/** Draws inputs for both sides, and takes over the weights that the peer makes. */
async function share(peer: Peer, folder: string): Promise<Shared> {
  const n = Math.max(...works.map((work) => work.batch))
  const images = [n, config.resolution, config.resolution, config.imageChannels]
  const batch = {
    x: rng(0).fold('x').normal(images),
    noise: rng(0).fold('noise').normal(images),
    t: float32(rng(0).fold('t').integers([n], 0, 1000).data),
  }
  const files = { inputs: join(folder, 'inputs.safetensors'), weights: join(folder, 'weights.safetensors') }
  await writeSafetensors(files.inputs, { ...batch })
  const { parameters } = await peer.ask<{ parameters: number }>({ do: 'start', ...files })
  console.log(`U-Net of ${parameters} parameters against PyTorch ${peer.about.torch}, ${threads} threads`)
  const { tensors } = await readSafetensors(files.weights)
  return { batch, weights: fromImprovedDiffusion(tensors, config) }
}

interface Setting extends Shared {
  peer: Peer
  folder: string
  rounds: number
}

async function measure(work: Work, variants: readonly string[], setting: Setting): Promise<Comparison> {
  const { peer, rounds } = setting
  const { x, noise, t } = setting.batch
  const batch = { x: rows(x, 0, work.batch), noise: rows(noise, 0, work.batch), t: rows(t, 0, work.batch) }
  for (const variant of variants) {
    const { adam } = await peer.ask<{ adam?: string }>({ do: 'prepare', work: work.name, variant })
    if (adam) console.log(`${work.name}: ${variant} is quickest with PyTorch's ${adam} Adam`)
  }
  const ours =
    work.kind === 'forward'
      ? await checkedForward(work, variants, setting, batch)
      : await checkedTraining(work, variants, setting, batch)

  const { warmup, calls } = work
  const contenders: Record<string, () => Promise<readonly number[]>> = { ours: () => timed(ours, warmup, calls) }
  for (const variant of variants)
    contenders[variant] = async () =>
      (await peer.ask<{ ms: number[] }>({ do: 'run', work: work.name, variant, warmup, calls })).ms
  const times = await takeTurns(contenders, rounds)
  await ours.dispose()
  const { ours: oursTimes, ...peers } = times
  return compare(work.name, oursTimes!, peers)
}

/** Each contender once in every round, another one first each time. */
async function takeTurns(contenders: Record<string, () => Promise<readonly number[]>>, rounds: number) {
  const names = Object.keys(contenders)
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length]!
      await sleep(pauseMs)
      times[name]!.push(...(await contenders[name]!()))
    }
  return times
}

async function timed(runner: Runner<unknown>, warmup: number, calls: number): Promise<number[]> {
  const times: number[] = []
  for (let call = -warmup; call < calls; call++) {
    const start = performance.now()
    await runner.run()
    if (call >= 0) times.push(performance.now() - start)
  }
  return times
}

/** Our forward pass, once every variant has given the same output to 1e-4. */
async function checkedForward(
  work: Work,
  variants: readonly string[],
  { peer, folder, weights }: Setting,
  batch: Batch,
): Promise<Runner<NDArray>> {
  const ours = forward(weights, batch, threads)
  const data = (await ours.run()).data as Float32Array
  for (const variant of variants) {
    const output = join(folder, `${work.name}-${variant}.safetensors`)
    await peer.ask({ do: 'check', work: work.name, variant, output })
    const theirs = (await readSafetensors(output)).tensors.output!.data
    if (theirs.length !== data.length)
      throw new Error(`${work.name}: expected ${data.length} values, got ${theirs.length}`)
    const difference = data.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0)
    expectWithin(`${work.name}: greatest difference to ${variant}`, difference, 1e-4)
  }
  return ours
}

/** Our training, once every variant has had the same losses in the first steps to 1e-3 of the loss. */
async function checkedTraining(
  work: Work,
  variants: readonly string[],
  { peer, weights }: Setting,
  batch: Batch,
): Promise<Runner<number>> {
  const ours = train(weights, batch, threads)
  const losses: number[] = []
  for (let step = 0; step < checkedSteps; step++) losses.push(await ours.run())
  for (const variant of variants) {
    const theirs = await peer.ask<{ losses: number[] }>({ do: 'check', work: work.name, variant, steps: checkedSteps })
    const difference = Math.max(...losses.map((loss, i) => Math.abs(loss / theirs.losses[i]! - 1)))
    expectWithin(`${work.name}: greatest relative difference of losses to ${variant}`, difference, 1e-3)
  }
  return ours
}

function expectWithin(what: string, difference: number, tolerance: number): void {
  if (!(difference < tolerance)) throw new Error(`${what}: expected less than ${tolerance}, got ${difference}`)
  console.log(`${what}: ${difference.toExponential(1)}`)
}
