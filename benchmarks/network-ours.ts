import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { cpu, jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import {
  adam,
  adamScales,
  hyperparameters,
  initialState,
  type Packing,
  type Params,
  packSmall,
  trainStep,
} from '@cascade-diffusion/training'
import { type UNetConfig, unet } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'
import { models } from './models.ts'

/** The first of the networks. */
export const config: UNetConfig = models.improved

/** Noisy images and the noise to predict [N, H, W, C], and times [N]. */
export interface Batch {
  x: NDArray<'float32'>
  noise: NDArray<'float32'>
  t: NDArray<'float32'>
}

/** The same as tensors. */
type TensorBatch = { x: tf.Tensor4D; noise: tf.Tensor4D; t: tf.Tensor1D }

type Weights = Readonly<Record<string, NDArray>>

const learningRate = 1e-4 // the peer's too

/** Something to time. */
export interface Runner<Result> {
  run(): Promise<Result>
  dispose(): Promise<void>
  /** The function that was compiled, and arguments for it. */
  readonly traced: { readonly fn: (...args: never[]) => unknown; readonly args: readonly unknown[] }
}

const engineFor = (threads: number, target = cpu) => onnxRuntimeNode({ threads, target })

/** The compiled forward pass, with the weights as constants; gives the output. */
export function forward(weights: Weights, { x, t }: Batch, threads: number, network = config): Runner<NDArray> {
  const { apply } = unet(network)
  const fn = (x: tf.Tensor4D, t: tf.Tensor1D) => {
    const params = Object.entries(weights).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])])
    return apply(Object.fromEntries(params), x, t, {})
  }
  const compiled = jit(fn, { engine: engineFor(threads) })
  return { run: () => compiled(x, t), dispose: compiled.dispose, traced: { fn, args: [x, t] } }
}

/** The mean squared error of the predicted noise, as a function of packed weights. */
function lossOf(network: UNetConfig, packing: Packing) {
  const { apply } = unet(network)
  return (params: Params, { x, noise, t }: TensorBatch) =>
    tf.mean(tf.squaredDifference(apply(packing.unpackTensors(params), x, t, {}), noise)) as tf.Scalar
}

/** The output and all gradients, for a comparison of values. */
export function gradients(weights: Weights, batch: Batch, threads: number, network: UNetConfig, target = cpu) {
  const { apply } = unet(network)
  const names = Object.keys(weights)
  const compiled = jit(
    (params: Params, { x, noise, t }: TensorBatch) => {
      const named = (given: readonly tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, given[i]!]))
      const loss = (...given: tf.Tensor[]) =>
        tf.mean(tf.squaredDifference(apply(named(given), x, t, {}), noise)) as tf.Scalar
      const { grads } = tf.valueAndGrads(loss)(names.map((name) => params[name]!))
      return { output: apply(params, x, t, {}), gradients: named(grads) }
    },
    { engine: engineFor(threads, target) },
  )
  return { run: () => compiled(weights as Weights, batch), dispose: compiled.dispose }
}

/** What the weights and Adam's moments are between steps. */
interface AdamState<T> {
  params: Params<T>
  m: Params<T>
  v: Params<T>
}

/** The compiled training step, as the peer's: forward pass, mean squared error, gradients, Adam; gives the loss. */
export function train(weights: Weights, batch: Batch, threads: number, network = config): Runner<number> {
  const packing = packSmall(weights)
  const loss = lossOf(network, packing)
  const fn = (state: AdamState<tf.Tensor>, hyper: { stepSize: tf.Scalar; epsilon: tf.Scalar }, batch: TensorBatch) => {
    const names = Object.keys(state.params)
    const params = names.map((name) => state.params[name]!)
    const named = (given: readonly tf.Tensor[]): Params => Object.fromEntries(names.map((name, i) => [name, given[i]!]))
    const { value, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => loss(named(given), batch))(params)
    const moments = (i: number) => ({ m: state.m[names[i]!]!, v: state.v[names[i]!]! })
    const updated = params.map((x, i) => adam(x, grads[i]!, moments(i), hyper))
    const part = (key: 'x' | 'm' | 'v') => named(updated.map((update) => update[key]))
    return { state: { params: part('x'), m: part('m'), v: part('v') }, loss: value }
  }
  const start = () => {
    const { params, m, v } = initialState(packing.pack(weights))
    return { state: { params, m, v }, loss: float32(0) }
  }
  const hyper = (step: number) => {
    const { stepSize, epsilon } = adamScales(step + 1, learningRate)
    return { stepSize: float32(stepSize), epsilon: float32(epsilon) }
  }
  const compiled = jit(fn, { engine: engineFor(threads) })
  return alternating(compiled, fn, start, (step) => [hyper(step), batch])
}

/** The compiled `trainStep` of the training package, which does more: the norm of the gradients and a moving average. */
export function trainFull(weights: Weights, batch: Batch, threads: number, network = config): Runner<number> {
  const packing = packSmall(weights)
  const fn = trainStep<TensorBatch>(lossOf(network, packing), { clipNorm: Number.POSITIVE_INFINITY })
  const start = () => ({ state: initialState(packing.pack(weights)), loss: float32(0), gradNorm: float32(0) })
  const compiled = jit(fn, { engine: engineFor(threads) })
  return alternating(compiled, fn, start, (step) => [hyperparameters(step, learningRate), batch])
}

/** Runs a step again and again: two copies of its result take turns, one is read and the other written. */
function alternating<Result extends { state: unknown; loss: NDArray }>(
  compiled: { into: (out: never, ...args: never[]) => Promise<void>; dispose(): Promise<void> },
  fn: (...args: never[]) => unknown,
  start: () => Result,
  rest: (step: number) => unknown[],
): Runner<number> {
  let [now, next] = [start(), start()]
  let step = 0
  return {
    async run() {
      await compiled.into(next as never, ...([now.state, ...rest(step++)] as never[]))
      ;[now, next] = [next, now]
      return now.loss.data[0]!
    },
    dispose: compiled.dispose,
    traced: { fn, args: [now.state, ...rest(0)] },
  }
}
