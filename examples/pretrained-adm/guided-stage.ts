import type { NDArray } from '@cascade-diffusion/arrays'
import { processOf } from '@cascade-diffusion/cascade'
import {
  ancestral,
  classifierGuidance,
  createSampler,
  ddim,
  denoiser,
  type ModelSampler,
  spacedSteps,
} from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import '@cascade-diffusion/ops' // guidance needs gradients
import type { PretrainedClassifier, PretrainedUNet } from '@cascade-diffusion/pretrained'
import type { Params } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'

/** What a stage is told: the class of each image, and of an upsampler the small image. */
export interface Condition {
  label: tf.Tensor1D
  lowRes?: tf.Tensor4D
}

/** How to sample. */
export interface GuidedStageOptions {
  /** What guides the images to their class, if anything does. */
  readonly classifier?: PretrainedClassifier | undefined
  /** How strongly it does. */
  readonly scale: number
  /** Steps of the network, of the process's 1000. */
  readonly steps: number
  readonly sampler: 'ddim' | 'ancestral'
}

/** Host arrays as constants of a traced function. */
const constants = (params: Params<NDArray>): Params =>
  Object.fromEntries(
    Object.entries(params).map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, [...shape], dtype)]),
  )

/**
 * A network with a classifier's guidance (Dhariwal & Nichol 2021, algorithms 1 and 2), compiled: its x0 and ε are moved along the
 * gradient of ln p(class | x_t).
 */
export function guidedStage(
  { network, params, process: described, config }: PretrainedUNet,
  { classifier, scale, steps, sampler }: GuidedStageOptions,
) {
  const process = processOf(described)
  const plain = denoiser<Condition>({
    // Networks that were trained without classes take none.
    network: (xt, noise, { label, ...rest }) =>
      network.apply(constants(params), xt, noise, { ...rest, ...(config.numClasses !== undefined && { label }) }),
    process,
  })
  const guided = classifier
    ? classifierGuidance(plain, {
        scale,
        logProbability(xt, noise, { label }) {
          const logits = classifier.network.apply(constants(classifier.params), xt, noise)
          const ofClass = tf.oneHot(label, logits.shape[1], 1, 0, 'float32')
          return tf.sum(tf.mul(tf.logSoftmax(logits), ofClass), 1)
        },
      })
    : plain
  const model: ModelSampler<Condition> = createSampler<Condition>({
    ...{ process, denoiser: guided, compile: jit },
    sampler: sampler === 'ddim' ? ddim() : ancestral(),
  })
  return { model, steps: spacedSteps(process, steps) }
}
