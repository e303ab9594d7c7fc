import type { Params } from '@cascade-diffusion/arrays'
import { disposeAll, type NDArray } from '@cascade-diffusion/arrays'
import { type Engine, jit } from '@cascade-diffusion/jit'
import { type Rng, rng } from '@cascade-diffusion/random'
import { type AnyTrainState, packSmall, trainer } from '@cascade-diffusion/training'
import type * as tf from '@tensorflow/tfjs-core'
import { loss, net, process, samplingPlan, samplingStep } from './model.ts'
import { drawShapes, resolution } from './shapes.ts'

/** A model in training. */
export interface ShapeTrainer {
  /** Takes one training step. Returns the loss. */
  step(): Promise<number>
  /** Samples one image for each label with the averaged weights: float32 [n,16,16,3] in [-1, 1]. */
  sample(labels: NDArray<'int32'>, steps: number): Promise<NDArray>
  dispose(): Promise<void>
}

/** Compiles training and sampling for an engine. The state stays on the device. */
export function shapeTrainer(engine: Engine, { batchSize = 32, learningRate = 2e-3, seed = 0 } = {}): ShapeTrainer {
  const key = rng(seed)
  const packing = packSmall(net.init(key.fold('weights')))
  const training = trainer<Parameters<typeof loss>[1]>(
    (fn) => jit(fn, { engine }),
    (params, batch) => loss(packing.unpackTensors(params), batch),
    { averages: { ema: { decay: 0.98 } } },
  )
  const denoise = jit(
    (params: Params<tf.Tensor>, ...rest: [tf.Tensor4D, Parameters<typeof samplingStep>[2]]) =>
      samplingStep(packing.unpackTensors(params), ...rest),
    { engine },
  )
  let state: AnyTrainState = training.init(packing.pack(net.init(key.fold('weights'))))
  let steps = 0

  return {
    async step() {
      const t = steps++
      const rate = learningRate * Math.min(1, (t + 1) / 20)
      const batch = batchAt(batchSize, key.fold('batch').fold(t))
      const result = await training.step(state, batch, { t, learningRate: rate })
      state = result.state
      return result.loss
    },
    async sample(label, count) {
      const noise = key.fold('samples')
      const shape = [label.data.length, resolution, resolution, 3]
      let xt: NDArray = noise.normal(shape)
      for (const [i, numbers] of samplingPlan(count).entries())
        xt = await denoise(state.averages.ema!, xt, { numbers, noise: noise.fold(i).normal(shape), label })
      return xt
    },
    async dispose() {
      disposeAll(state)
      await Promise.all([training.dispose(), denoise.dispose()])
    },
  }
}

/** A training batch: new images, and all random numbers for them. */
function batchAt(n: number, rng: Rng) {
  const { x0, label } = drawShapes(n, rng)
  const t = rng.fold('t').integers([n], 0, process.schedule.betas.length)
  return { x0, t, epsilon: rng.fold('epsilon').normal(x0.shape), condition: { label } }
}
