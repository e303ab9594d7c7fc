import { type DeviceArraysOf, disposeAll, donate, type NDArray } from '@cascade-diffusion/arrays'
import { type Engine, jit } from '@cascade-diffusion/jit'
import { type Rng, rng } from '@cascade-diffusion/random'
import {
  hyperparameters,
  initialState,
  type Params,
  packSmall,
  type TrainState,
  trainStep,
} from '@cascade-diffusion/training'
import type * as tf from '@tensorflow/tfjs-core'
import { loss, net, process, samplingPlan, samplingStep } from './model.ts'
import { drawShapes, resolution } from './shapes.ts'

/** A model under training. */
export interface Trainer {
  /** Takes one training step, and gives the loss. */
  step(): Promise<number>
  /** Draws one image for each label with the averaged weights: float32 [n,16,16,3] in [-1, 1]. */
  sample(labels: NDArray<'int32'>, steps: number): Promise<NDArray>
  dispose(): Promise<void>
}

/** Compiles training and sampling for an engine. The state stays where the engine computes. */
export function trainer(engine: Engine, { batchSize = 32, learningRate = 2e-3, seed = 0 } = {}): Trainer {
  const key = rng(seed)
  const packing = packSmall(net.init(key.fold('weights')))
  const train = jit(
    trainStep<Parameters<typeof loss>[1]>((params, batch) => loss(packing.unpackTensors(params), batch)),
    { engine },
  )
  const denoise = jit(
    (params: Params, ...rest: [tf.Tensor4D, Parameters<typeof samplingStep>[2]]) =>
      samplingStep(packing.unpackTensors(params), ...rest),
    { engine },
  )
  const first = initialState(packing.pack(net.init(key.fold('weights'))))
  let state: TrainState<NDArray> | DeviceArraysOf<TrainState> = first
  let steps = 0

  return {
    async step() {
      const rate = learningRate * Math.min(1, (steps + 1) / 20)
      const hyper = hyperparameters(steps, rate, { emaDecay: 0.98 })
      const result = await train.onDevice(donate(state), hyper, batchAt(batchSize, key.fold('batch').fold(steps++)))
      state = result.state
      const { data } = await result.loss.read()
      disposeAll([result.loss, result.gradNorm])
      return data[0]!
    },
    async sample(label, count) {
      const noise = key.fold('samples')
      const shape = [label.data.length, resolution, resolution, 3]
      let xt: NDArray = noise.normal(shape)
      for (const [i, numbers] of samplingPlan(count).entries())
        xt = await denoise(state.ema, xt, { numbers, noise: noise.fold(i).normal(shape), label })
      return xt
    },
    async dispose() {
      disposeAll(state)
      await Promise.all([train.dispose(), denoise.dispose()])
    },
  }
}

/** A training batch: fresh images, and all that is drawn for them. */
function batchAt(n: number, rng: Rng) {
  const { x0, label } = drawShapes(n, rng)
  const t = rng.fold('t').integers([n], 0, process.schedule.betas.length)
  return { x0, t, epsilon: rng.fold('epsilon').normal(x0.shape), condition: { label } }
}
