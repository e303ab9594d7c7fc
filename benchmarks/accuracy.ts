import { join } from 'node:path'
import type { NDArray } from '@cascade-diffusion/arrays'
import { readSafetensors } from '@cascade-diffusion/checkpoints'
import { cpu, cpuExact } from '@cascade-diffusion/jit'
import { fromImprovedDiffusion } from '@cascade-diffusion/unet'
import { type ModelName, models, threads } from './models.ts'
import { gradients } from './network-ours.ts'
import type { Peer } from './peers/peer.ts'
import { columns, type Machine, machine, type Rows, writeResults } from './results.ts'
import { type Shared, withPeer } from './shared.ts'
import { measureSums, type SumErrors, sumRows } from './sums.ts'

/** Images of each network. */
const batches = { improved: 8, adm64: 8 } as const satisfies Record<ModelName, number>

/** Relative errors: the root mean square over that of the reference, and the greatest over the greatest. */
export interface ErrorPair {
  rms: number
  max: number
}

/** Errors of the output, of all gradients together, and of the gradient of the worst parameter. */
export type Errors = Record<'output' | 'gradients' | 'worst parameter', ErrorPair>

export interface Accuracy {
  model: string
  batch: number
  /** Against float64: PyTorch in float32, our direct convolutions, and Winograd's. */
  errors: Record<'pytorch' | 'exact' | 'fast', Errors>
}

/** `results/accuracy.json`. */
export interface AccuracyResults extends Omit<Machine, 'loadAverage'> {
  works: Accuracy[]
  /** Of single sums and group normalisations. */
  sums: SumErrors[]
}

/** By name: the output, and the gradient of each parameter. */
type Values = Readonly<Record<string, Float64Array>>

/**
 * Compares outputs and gradients of both networks, ours by either kind of convolution and PyTorch's, with PyTorch in
 * float64, with the same weights and images; and single sums and group normalisations. Prints a table and writes
 * `results/accuracy.json`.
 */
export async function benchAccuracy(): Promise<void> {
  const found: Accuracy[] = []
  for (const [model, batch] of Object.entries(batches) as [ModelName, number][])
    found.push(await withPeer(model, batch, (shared) => measure(model, batch, shared)))
  console.log(`\n${columns(accuracyRows(found))}`)
  const sums = await measureSums()
  console.log(`\n${columns(sumRows(sums))}`)
  const { loadAverage, ...about } = machine()
  const results: AccuracyResults = { ...about, works: found, sums }
  console.log(`\nwritten to ${writeResults('accuracy', results)}`)
}

async function measure(model: ModelName, batch: number, shared: Shared): Promise<Accuracy> {
  const right = await theirs(model, 64, shared)
  const errorsOf = (values: Values) => errors(values, right)
  return {
    model,
    batch,
    errors: {
      pytorch: errorsOf(await theirs(model, 32, shared)),
      exact: errorsOf(await ours(model, cpuExact, shared)),
      fast: errorsOf(await ours(model, cpu, shared)),
    },
  }
}

async function ours(model: ModelName, target: typeof cpu, { weights, batch }: Shared): Promise<Values> {
  const compiled = gradients(weights, batch, threads, models[model], target)
  const { output, gradients: found } = await compiled.run()
  await compiled.dispose()
  return { output: Float64Array.from(output.data), ...mapped(found, ({ data }) => Float64Array.from(data)) }
}

async function theirs(model: ModelName, bits: 32 | 64, { peer, folder }: { peer: Peer; folder: string }) {
  const output = join(folder, `gradients-${bits}.safetensors`)
  await peer.ask({ do: 'gradients', bits, output })
  const { tensors } = await readSafetensors(output)
  // In our layouts, each as the sum of two float32 arrays.
  const part = (prefix: string): Record<string, NDArray> => ({
    output: tensors[`${prefix}.output`]!,
    ...fromImprovedDiffusion(named(tensors, `${prefix}.gradient.`), models[model]),
  })
  const [high, low] = [part('high'), part('low')]
  return mapped(high, ({ data }, name) => Float64Array.from(data, (x, i) => x + (low[name]!.data[i] as number)))
}

const named = <T>(record: Readonly<Record<string, T>>, prefix: string): Record<string, T> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  )

const mapped = <T, U>(record: Readonly<Record<string, T>>, fn: (value: T, name: string) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fn(value, name)]))

/** The errors of values; all of them but the output are gradients. */
export function errors(values: Values, right: Values): Errors {
  const names = Object.keys(right).filter((name) => name !== 'output')
  const each = names.map((name) => error([[values[name]!, right[name]!]]))
  return {
    output: error([[values.output!, right.output!]]),
    gradients: error(names.map((name) => [values[name]!, right[name]!])),
    'worst parameter': {
      rms: Math.max(...each.map(({ rms }) => rms)),
      max: Math.max(...each.map(({ max }) => max)),
    },
  }
}

/** The errors of pairs of values and references, taken together. */
export function error(pairs: readonly (readonly [Float64Array, Float64Array])[]): ErrorPair {
  const sums = { wrong: 0, right: 0, mostWrong: 0, mostRight: 0 }
  for (const [values, right] of pairs)
    right.forEach((y, i) => {
      const wrong = values[i]! - y
      sums.wrong += wrong ** 2
      sums.right += y ** 2
      sums.mostWrong = Math.max(sums.mostWrong, Math.abs(wrong))
      sums.mostRight = Math.max(sums.mostRight, Math.abs(y))
    })
  return { rms: Math.sqrt(sums.wrong / sums.right), max: sums.mostWrong / sums.mostRight }
}

/** A line for each network and each comparison. */
export const accuracyRows = (found: readonly Accuracy[]): Rows => [
  ['RMS error (greatest error)', 'PyTorch float32', 'ours, exact', 'ours, fast', 'fast / PyTorch'],
  ...found.flatMap(({ model, errors: { pytorch, exact, fast } }) =>
    (Object.keys(pytorch) as (keyof Errors)[]).map((of) => [
      `${model}: ${of}`,
      ...[pytorch, exact, fast].map((side) => `${side[of].rms.toExponential(1)} (${side[of].max.toExponential(1)})`),
      `${(fast[of].rms / pytorch[of].rms).toFixed(1)} (${(fast[of].max / pytorch[of].max).toFixed(1)})`,
    ]),
  ),
]
