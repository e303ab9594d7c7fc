import '@tensorflow/tfjs-backend-cpu'
import { type Compile, type NDArray, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import type { DiffusionProcess, Network } from '../process.ts'
import { givenNoise, loadReference, type ReferenceName, referenceNetwork, relativeError } from '../reference-fixture.ts'
import { ancestral } from './ancestral.ts'
import { ddim } from './ddim.ts'
import { createSampler } from './driver.ts'
import type { Sampler } from './sampler.ts'

/** The fixtures' network with all six channels: the last three are the values of a variance of learned range. */
const learnedNetwork: Network = (xt, noise) => {
  const t = tf.mul(tf.reshape(noise, [-1, 1, 1, 1]), 0.0004)
  const channels = [0, 0.05].map((shift) => tf.tanh(tf.add(tf.add(tf.mul(xt, 0.3), t), shift)))
  return tf.concat(channels as tf.Tensor4D[], 3)
}

/** A chain of a fixture, from its first images and with its noise. */
async function sampleChain(name: ReferenceName, sampler: Sampler, compile: Compile) {
  const { process: fixed, images } = await loadReference(name)
  const learned = name === 'cosine100-hybrid-respaced10'
  const process: DiffusionProcess = { ...fixed, variance: learned ? 'learned-range' : 'fixed-large' }
  const network = learned ? learnedNetwork : referenceNetwork
  const [initial, noises] = [images('sample_xT'), images('sample_noises_in_call_order')]
  const rng = givenNoise((path) => {
    const call = process.schedule.betas.length - 1 - Number(path.replace('noise.', ''))
    return { ...rows(noises, call, call + 1), shape: initial.shape } as NDArray<'float32'>
  })
  const model = createSampler({ network, process, sampler, compile })
  const sample = await model.sample({ shape: initial.shape, condition: undefined, rng, initial })
  await model.dispose()
  return sample.data
}

const names = ['linear40-simple', 'cosine100-hybrid-respaced10'] as const
const samplers: [chain: string, Sampler][] = [
  ['sample_ancestral', ancestral()],
  ['sample_ddim_eta0', ddim()],
  ['sample_ddim_eta1', ddim({ eta: 1 })],
]
const chains = names.flatMap((name) => samplers.map(([chain, sampler]) => [name, chain, sampler] as const))

test.each(chains)('%s: the whole chain %s, with the noise given', async (name, chain, sampler) => {
  const expected = (await loadReference(name)).images(chain).data
  for (const compile of [eager, jit]) {
    const error = relativeError(await sampleChain(name, sampler, compile as Compile), expected)
    expect(error).toBeLessThan(1e-5)
  }
})
