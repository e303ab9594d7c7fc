import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import { hyperparameters, initialState, type Params, packSmall, trainStep } from '@cascade-diffusion/training'
import { type UNetConfig, unet } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'

/** The U-Net of design and peer: Improved DDPM's, 7.28 M parameters. */
export const config = {
  resolution: 32,
  imageChannels: 3,
  baseChannels: 64,
  channelMultipliers: [1, 2, 2],
  residualBlocks: 2,
  attentionResolutions: [16, 8],
  attentionHeads: 4,
} as const satisfies UNetConfig

/** Noisy images and the noise to predict [N, 32, 32, 3], and times [N]. */
export interface Batch {
  x: NDArray<'float32'>
  noise: NDArray<'float32'>
  t: NDArray<'float32'>
}

/** The same as tensors. */
type TensorBatch = { x: tf.Tensor4D; noise: tf.Tensor4D; t: tf.Tensor1D }

const learningRate = 1e-4 // the peer's too

/** Something to time. */
export interface Runner<Result> {
  run(): Promise<Result>
  dispose(): Promise<void>
}

/** The compiled forward pass, with the weights as constants; gives the output. */
export function forward(weights: Record<string, NDArray>, { x, t }: Batch, threads: number): Runner<NDArray> {
  const network = unet(config)
  const compiled = jit(
    (x: tf.Tensor4D, t: tf.Tensor1D) => {
      const params = Object.entries(weights).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])])
      return network.apply(Object.fromEntries(params), x, t, {})
    },
    { engine: onnxRuntimeNode({ threads }) },
  )
  return { run: () => compiled(x, t), dispose: compiled.dispose }
}

/**
 * The compiled training step: forward pass, mean squared error, gradients, Adam; gives the loss. It does more than the
 * peer's: the norm of the gradients and the moving average of the weights are part of every step.
 */
export function train(weights: Record<string, NDArray>, batch: Batch, threads: number): Runner<number> {
  const network = unet(config)
  const packing = packSmall(weights)
  const loss = (params: Params, { x, noise, t }: TensorBatch) => {
    const predicted = network.apply(packing.unpackTensors(params), x, t, {})
    return tf.mean(tf.squaredDifference(predicted, noise)) as tf.Scalar
  }
  const compiled = jit(trainStep<TensorBatch>(loss, { clipNorm: Number.POSITIVE_INFINITY }), {
    engine: onnxRuntimeNode({ threads }),
  })
  // Two copies of the state take turns: a step reads one and writes the other.
  const result = () => ({ state: initialState(packing.pack(weights)), loss: float32(0), gradNorm: float32(0) })
  let [now, next] = [result(), result()]
  let step = 0
  return {
    async run() {
      await compiled.into(next, now.state, hyperparameters(step++, learningRate), batch)
      ;[now, next] = [next, now]
      return now.loss.data[0]!
    },
    dispose: compiled.dispose,
  }
}
