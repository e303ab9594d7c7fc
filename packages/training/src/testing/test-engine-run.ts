import type { Params } from '@cascade-diffusion/arrays'
import { type Compile, disposeAll, type NDArray } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import { type UNetConfig, unet } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'
import { packSmall } from '../step/packing.ts'
import { type AnyTrainState, readState } from '../step/state.ts'
import { trainer } from '../step/trainer.ts'

/**
 * A super-resolution U-Net with everything in it: classes, levels of augmentation, attention in the middle, down and
 * up.
 */
const config: UNetConfig = {
  resolution: 8,
  imageChannels: 3,
  baseChannels: 16,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  numClasses: 3,
  lowRes: { channels: 3 },
  augmentationLevels: true,
}

interface Batch {
  readonly xt: tf.Tensor4D
  readonly t: tf.Tensor1D
  readonly label: tf.Tensor1D
  readonly lowRes: tf.Tensor4D
  readonly augmentationLevel: tf.Tensor1D
  readonly noise: tf.Tensor4D
}

/** The results of a network and its training on an engine, as lists of numbers by name. */
export type EngineRun = Readonly<Record<string, readonly number[]>>

/** The forward pass and two training steps of a small U-Net; the state stays on the device between the steps. */
export async function engineRun(compile: Compile): Promise<EngineRun> {
  const network = unet(config)
  const key = rng(7)
  const image = (size: number, label: string) => key.fold(label).normal([2, size, size, 3])
  const batch = {
    xt: image(8, 'xt'),
    t: key.fold('t').uniform([2]),
    label: key.fold('label').integers([2], 0, 3),
    lowRes: image(4, 'lowRes'),
    augmentationLevel: key.fold('level').uniform([2]),
    noise: image(8, 'noise'),
  }
  // The last convolution and others begin at zero, which would hide what lies before them.
  const drawn = Object.entries(network.init(rng(1))).map(([name, a]): [string, NDArray] => {
    const noise = rng(2).fold(name).normal(a.shape).data
    return [name, { ...a, data: a.data.map((x, i) => x + 0.05 * noise[i]!) } as NDArray]
  })
  const packing = packSmall(Object.fromEntries(drawn))
  const apply = (params: Params<tf.Tensor>, { xt, t, noise: _, ...condition }: Batch) =>
    network.apply(packing.unpackTensors(params), xt, t, condition)
  const loss = (params: Params<tf.Tensor>, batch: Batch) =>
    tf.mean(tf.squaredDifference(apply(params, batch), batch.noise)) as tf.Scalar

  const forward = compile(apply)
  const training = trainer<Batch>(compile, loss)
  let state: AnyTrainState = training.init(packing.pack(Object.fromEntries(drawn)))
  const numbers: Record<string, readonly number[]> = {
    forward: Array.from((await forward(state.params as Params<NDArray>, batch)).data),
  }
  for (let i = 0; i < 2; i++) {
    const result = await training.step(state, batch, { t: i, learningRate: 1e-3 })
    numbers[`loss ${i}`] = [result.loss]
    numbers[`gradient norm ${i}`] = [result.gradNorm]
    state = result.state
    // After one step, Adam's first moment is the gradient times 1 - beta1.
    if (i === 0)
      for (const [name, { data }] of Object.entries((await readState(state)).optimizer.m!))
        numbers[`gradients ${name}`] = [...data]
  }
  disposeAll(state)
  await Promise.all([forward.dispose(), training.dispose()])
  return numbers
}
