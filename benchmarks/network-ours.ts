import type { Params } from '@cascade-diffusion/arrays'
import { type Compile, disposeAll, donate, type NDArray } from '@cascade-diffusion/arrays'
import { cpu, jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import {
  type AnyTrainState,
  lossGradients,
  type Packing,
  packSmall,
  trainer,
  updater,
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
  /** The function with nearly all of the arithmetic, and arguments for it. */
  readonly traced: { readonly fn: (...args: never[]) => unknown; readonly args: readonly unknown[] }
}

const engineFor = (threads: number, target = cpu) => onnxRuntimeNode({ threads, target })

/** The compiled forward pass, with the weights as constants. Returns the output. */
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
  return (params: Params<tf.Tensor>, { x, noise, t }: TensorBatch) =>
    tf.mean(tf.squaredDifference(apply(packing.unpackTensors(params), x, t, {}), noise)) as tf.Scalar
}

/** The output and all gradients, for a comparison of values. */
export function gradients(weights: Weights, batch: Batch, threads: number, network: UNetConfig, target = cpu) {
  const { apply } = unet(network)
  const names = Object.keys(weights)
  const compiled = jit(
    (params: Params<tf.Tensor>, { x, noise, t }: TensorBatch) => {
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

/** The compiled training step, as the peer's: forward pass, mean squared error, gradients, Adam. Returns the loss. */
export function train(weights: Weights, batch: Batch, threads: number, network = config): Runner<number> {
  const packing = packSmall(weights)
  const loss = lossOf(network, packing)
  const gradients = (params: Params<tf.Tensor>, batch: TensorBatch) => {
    const names = Object.keys(params)
    const named = (given: readonly tf.Tensor[]): Params<tf.Tensor> =>
      Object.fromEntries(names.map((name, i) => [name, given[i]!]))
    const { value, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => loss(named(given), batch))(
      Object.values(params),
    )
    return { loss: value, gradients: named(grads) }
  }
  // The weights and Adam's moments alone, as the peer has them: no clipping, no average.
  const { init, scalars, update } = updater({ clipNorm: Number.POSITIVE_INFINITY, averages: {} })
  const engine = engineFor(threads)
  const [compiledGradients, compiledUpdate] = [jit(gradients, { engine }), jit(update, { engine })]
  const params = packing.pack(weights)
  let state: AnyTrainState = init(params)
  let t = 0
  return {
    async run() {
      const made = await compiledGradients.onDevice(state.params, batch)
      const lossNow = (await made.loss.read()).data[0]!
      // Without clipping, nothing depends on the norm of the gradients.
      const numbers = scalars({ t: t++, learningRate, gradNorm: 0 })
      state = await compiledUpdate.onDevice(donate(state), made.gradients, numbers)
      disposeAll(made)
      return lossNow
    },
    async dispose() {
      await Promise.all([compiledGradients.dispose(), compiledUpdate.dispose()])
    },
    traced: { fn: gradients, args: [params, batch] },
  }
}

/** The steps of the training package, with the norm of the gradients and a moving average. */
export function trainFull(weights: Weights, batch: Batch, threads: number, network = config): Runner<number> {
  const packing = packSmall(weights)
  const loss = lossOf(network, packing)
  const engine = engineFor(threads)
  const compile: Compile = (fn) => jit(fn, { engine })
  const { init, step, dispose } = trainer<TensorBatch>(compile, loss, { clipNorm: Number.POSITIVE_INFINITY })
  const params = packing.pack(weights)
  let state: AnyTrainState = init(params)
  let t = 0
  return {
    async run() {
      const result = await step(state, batch, { t: t++, learningRate })
      state = result.state
      return result.loss
    },
    dispose,
    traced: { fn: lossGradients(loss), args: [params, batch] },
  }
}
