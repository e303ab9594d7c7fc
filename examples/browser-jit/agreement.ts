import type { Params } from '@cascade-diffusion/arrays'
import { flatten, float32, isNDArray, type NDArray } from '@cascade-diffusion/arrays'
import { type Engine, jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { packSmall, readState, trainer } from '@cascade-diffusion/training'
import { unet } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'

/** Results by name, as plain numbers that the page sends to the test. */
export type Results = Record<string, number[]>

interface Batch {
  readonly xt: tf.Tensor4D
  readonly noise: tf.Tensor1D
  readonly epsilon: tf.Tensor4D
  readonly label: tf.Tensor1D
}

const net = unet({
  resolution: 8,
  imageChannels: 3,
  baseChannels: 16,
  channelMultipliers: [1, 2],
  residualBlocks: 1,
  numClasses: 4,
  normGroups: 4,
})

/** Runs a small U-Net forward, and two steps of its training with the state left on the device, on an engine. */
export async function runOn(engine: Engine): Promise<Results> {
  const key = rng(1)
  // Without the zeros of a new U-Net, which would hide most of it.
  const params = Object.fromEntries(
    Object.entries(net.init(key.fold('weights'))).map(([name, { data, shape }]) => {
      const noise = key.fold(name).normal(shape).data
      return [
        name,
        float32(
          (data as Float32Array).map((x, i) => x + 0.05 * noise[i]!),
          shape,
        ),
      ]
    }),
  )
  const packing = packSmall(params)
  const predict = (packed: Params<tf.Tensor>, { xt, noise, label }: Batch) =>
    net.apply(packing.unpackTensors(packed), xt, noise, { label })
  const forward = jit(predict, { engine })
  const { init, step, dispose } = trainer<Batch>(
    (fn) => jit(fn, { engine }),
    (packed, batch) => tf.mean(tf.squaredDifference(predict(packed, batch), batch.epsilon)),
    // An epsilon above the rounding of gradients: Adam would amplify it where gradients vanish.
    { optimizer: { name: 'adam', epsilon: 1e-3 } },
  )
  const batch = {
    xt: key.fold('xt').normal([2, 8, 8, 3]),
    noise: float32([20, 700]),
    epsilon: key.fold('epsilon').normal([2, 8, 8, 3]),
    label: rng(2).integers([2], 0, 4),
  }
  const packed = packing.pack(params)
  const output = await forward(packed, batch)
  const first = await step(init(packed), batch, { t: 0, learningRate: 1e-2 })
  const second = await step(first.state, batch, { t: 1, learningRate: 1e-2 })

  const results: Results = { output: [...output.data], loss: [second.loss], gradNorm: [second.gradNorm] }
  const { leaves, shape } = flatten<NDArray>({ ...(await readState(second.state)) }, isNDArray)
  for (const [i, { data }] of leaves.entries()) results[shape.paths[i]!] = [...data]
  await Promise.all([forward.dispose(), dispose()])
  return results
}
