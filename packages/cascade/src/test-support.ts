import { float32, int32 } from '@cascade-diffusion/arrays'
import '@tensorflow/tfjs-backend-cpu'
import type { ConditioningAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import { imageDataset, type LabelledDataset } from '@cascade-diffusion/data'
import { resizeBilinear } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { baseStage, type Stage, superResolutionStage } from './stage/stage.ts'
import type { StageUNetConfig, SuperResolutionStageOptions } from './stage/stage-config.ts'
import type { StageNetwork } from './stage/stage-network.ts'

/** What a network was given in one call. */
export type Given = Readonly<Record<string, number[]>>

/** A few weights that react to every input. With `seen`, for eager runs only, it records its inputs. */
export const tinyNetwork = (seen?: Given[]): StageNetwork => ({
  config: { name: 'tiny' },
  init: (key) =>
    Object.fromEntries(
      Object.entries({ xt: [], noise: [], label: [2], lowRes: [], level: [] }).map(([name, shape]) => [
        name,
        key.fold(name).normal(shape),
      ]),
    ),
  apply(params, xt, noise, { label, lowRes, augmentationLevel }) {
    const inputs = { xt, noise, label, lowRes, level: augmentationLevel }
    seen?.push(Object.fromEntries(Object.entries(inputs).flatMap(([k, x]) => (x ? [[k, [...x.dataSync()]]] : []))))
    const perImage = (x: tf.Tensor) => tf.reshape(x, [-1, 1, 1, 1])
    const scaled = (name: string, x: tf.Tensor) => tf.mul(params[name]!, tf.div(perImage(tf.cast(x, 'float32')), 100))
    let output: tf.Tensor = tf.add(tf.mul(params.xt!, xt), scaled('noise', noise))
    if (label) output = tf.add(output, perImage(tf.gather(params.label!, label)))
    if (augmentationLevel) output = tf.add(output, scaled('level', augmentationLevel))
    if (lowRes) {
      const size = [xt.shape[1], xt.shape[2]] as const
      output = tf.add(output, tf.mul(params.lowRes!, resizeBilinear(lowRes, size)))
    }
    return output as tf.Tensor4D
  },
})

/** The steps of the process, and the greatest level of augmentation. */
export const T = 20
export const maxLevel = 12

/** ᾱ_t of the cosine schedule, from its definition (Nichol & Dhariwal 2021, equation 17, β clipped at 0.999). */
export function alphaBar(t: number): number {
  const f = (u: number) => Math.cos(((u / T + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  return Array.from({ length: t + 1 }, (_, i) => 1 - Math.min(1 - f(i + 1) / f(i), 0.999)).reduce((a, b) => a * b, 1)
}

const process = { schedule: { name: 'cosine', steps: T } } as const
const images = { imageChannels: 1, classNames: ['left', 'right'], process } as const

/** A base stage of 2×2 images. */
export const tinyBase = (network: StageUNetConfig | StageNetwork = tinyNetwork()) =>
  baseStage({ name: 'base', resolution: 2, ...images, network })

/** A stage 2×2 → 4×4, with Gaussian augmentation unless a test changes it. */
export const tinySuperResolution = (changes: Partial<SuperResolutionStageOptions> = {}) =>
  superResolutionStage({
    name: 'sr',
    resolution: 4,
    lowResolution: 2,
    ...images,
    augmentation: { name: 'gaussian-noise', ...process, maxLevel },
    network: tinyNetwork(),
    ...changes,
  })

/** Images of random bytes, bright on the left or the right: two classes. */
export function halves(count: number, size: number): LabelledDataset {
  const noise = rng(5).integers([count * size * size], 0, 100).data
  const labels = Int32Array.from({ length: count }, (_, i) => (i * 3) % 2)
  const bright = (i: number) => Number((i % size) * 2 >= size) === labels[Math.floor(i / size ** 2)]
  const data = Uint8Array.from(noise, (byte, i) => byte + (bright(i) ? 155 : 0))
  const images = { shape: [count, size, size, 1], data }
  return imageDataset({ name: 'halves', images, labels, classNames: ['left', 'right'] })
}

/** A custom augmentation of two levels: averages each row with its mean; the network is conditioned on the level. */
export const smear: ConditioningAugmentation<{ level: tf.Tensor1D }> = {
  name: 'smear',
  maxLevel: 2,
  draw: ({ shape: [n = 0], rng, level, firstIndex }) => ({
    level:
      level === undefined
        ? rng.fold('level').integers([n], 0, 3, firstIndex)
        : int32(Array.from({ length: n }, () => level)),
  }),
  apply(z, { level }) {
    const share = tf.reshape(tf.div(tf.cast(level, 'float32'), 2), [-1, 1, 1, 1])
    return tf.add(z, tf.mul(share, tf.sub(tf.mean(z, 2, true), z)))
  },
}

/** With random weights: those of a fresh U-Net give zeros. */
export const weighted = <S extends Stage>(stage: S, seed: number) => ({
  stage,
  params: Object.fromEntries(
    Object.entries(stage.network.init(rng(seed))).map(([name, { shape }]) => {
      const { data } = rng(seed).fold(name).normal(shape)
      return [
        name,
        float32(
          data.map((x) => 0.2 * x),
          shape,
        ),
      ]
    }),
  ),
})
