import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { readSafetensors, writeSafetensors } from '@cascade-diffusion/checkpoints'
import { cpu, jit, onnxRuntimeNode, portable, type Target } from '@cascade-diffusion/jit'
import { groupNorm } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { error } from './accuracy.ts'
import { threads } from './models.ts'
import { pythonOfVenv } from './peers/peer.ts'
import type { Rows } from './results.ts'

/** The root mean square of the differences from float64, over that of the reference. */
export interface SumErrors {
  what: string
  pytorch: number
  ours: number
  portable: number
}

type Arrays = Readonly<Record<string, NDArray<'float32'>>>

const sums: Readonly<Record<string, readonly [what: string, fn: (x: tf.Tensor) => tf.Tensor]>> = {
  mean: ['mean of 2²² numbers 0.1', (x) => tf.mean(x)],
  squares: ['sum of the squares of 2²² normal numbers', (x) => tf.sum(tf.square(x))],
  columns: ['sums of 64 columns of 65,536 numbers from 0 to 1', (x) => tf.sum(x, 0)],
}

const sizes = [128, 256]
const kinds = { normal: (x: number) => x, 'of 1 ± 0.01': (x: number) => 1 + 0.01 * x }
const norms = sizes.flatMap((size) => Object.keys(kinds).map((kind) => ({ size, kind: kind as keyof typeof kinds })))
const nameOf = ({ size, kind }: (typeof norms)[number]) => `norm ${kind === 'normal' ? 'normal' : 'near'} ${size}`

/** The parts of the result of a normalisation, and of its gradients for a sum of y · dy. */
const parts = { y: 'output', dx: 'gradient of x', scale: 'gradient of the scale', shift: 'gradient of the shift' }

function inputs(): Arrays {
  const drawn: Record<string, NDArray<'float32'>> = {
    mean: float32(new Float32Array(2 ** 22).fill(0.1), [2 ** 22]),
    squares: rng(1).normal([2 ** 22]),
    columns: rng(2).uniform([65536, 64]),
  }
  for (const norm of norms) {
    const [key, shape] = [rng(3).fold(nameOf(norm)), [1, norm.size, norm.size, 8]]
    drawn[`${nameOf(norm)}.x`] = float32(key.fold('x').normal(shape).data.map(kinds[norm.kind]), shape)
    drawn[`${nameOf(norm)}.dy`] = key.fold('dy').normal(shape)
    for (const name of ['scale', 'shift']) drawn[`${nameOf(norm)}.${name}`] = key.fold(name).normal([8])
  }
  return drawn
}

/**
 * The error of each sum and normalisation against PyTorch in float64: PyTorch's in float32, and ours on two targets.
 */
export async function measureSums(): Promise<SumErrors[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-sums-'))
  try {
    const [given, path, output] = [inputs(), join(folder, 'inputs.safetensors'), join(folder, 'output.safetensors')]
    await writeSafetensors(path, given)
    const script = fileURLToPath(new URL('peers/sums.py', import.meta.url))
    execFileSync(pythonOfVenv(), [script, `${threads}`, path, output], { stdio: ['ignore', 'ignore', 'inherit'] })
    const { tensors } = await readSafetensors(output)
    const part = (of: string, name: string) => Float64Array.from(tensors[`${of}.${name}`]!.data)
    const [ours, standard] = [await results(given, cpu), await results(given, portable)]
    return Object.entries(names()).map(([name, what]) => {
      const low = part('low', name)
      const right = part('high', name).map((x, i) => x + low[i]!)
      const rms = (values: Float64Array) => error([[values, right]]).rms
      const [a, b] = [ours, standard].map((of) => rms(Float64Array.from(of[name]!.data))) as [number, number]
      return { what, pytorch: rms(part('float32', name)), ours: a, portable: b }
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The names of results in a table. */
function names(): Record<string, string> {
  const ofSums = Object.entries(sums).map(([name, [what]]) => [name, what])
  const ofNorms = norms.flatMap((norm) =>
    Object.entries(parts).map(([part, what]) => [
      `${nameOf(norm)}.${part}`,
      `group norm at ${norm.size}², values ${norm.kind}: ${what}`,
    ]),
  )
  return Object.fromEntries([...ofSums, ...ofNorms])
}

async function results(given: Arrays, target: Target): Promise<Readonly<Record<string, NDArray>>> {
  const engine = onnxRuntimeNode({ target, threads, cache: false })
  const found: Record<string, NDArray> = {}
  for (const [name, [, fn]] of Object.entries(sums)) {
    const compiled = jit(fn, { engine })
    found[name] = await compiled(given[name]!)
    await compiled.dispose()
  }
  for (const name of norms.map(nameOf)) {
    const compiled = jit(normWithGradients, { engine })
    const arrays = ['x', 'dy', 'scale', 'shift'].map((part) => given[`${name}.${part}`]!)
    const result = await compiled(...(arrays as [never, never, never, never]))
    for (const [part, array] of Object.entries(result)) found[`${name}.${part}`] = array
    await compiled.dispose()
  }
  return found
}

function normWithGradients(x: tf.Tensor4D, dy: tf.Tensor4D, scale: tf.Tensor1D, shift: tf.Tensor1D) {
  const norm = (x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor) =>
    groupNorm(x as tf.Tensor4D, scale, shift, { groups: 2 })
  const loss = (...[x, scale, shift]: tf.Tensor[]) => tf.sum(tf.mul(norm(x!, scale!, shift!), dy))
  const [dx, dScale, dShift] = tf.grads(loss)([x, scale, shift])
  return { y: norm(x, scale, shift), dx: dx!, scale: dScale!, shift: dShift! }
}

/** A line for each sum and each part of a normalisation. */
export const sumRows = (found: readonly SumErrors[]): Rows => [
  ['RMS error', 'PyTorch float32', 'ours', 'ours, portable', 'ours / PyTorch'],
  ...found.map(({ what, pytorch, ours, portable }) => [
    what,
    ...[pytorch, ours, portable].map((error) => error.toExponential(1)),
    pytorch === 0 ? '' : (ours / pytorch).toPrecision(2),
  ]),
]
