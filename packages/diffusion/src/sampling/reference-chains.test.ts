import '@tensorflow/tfjs-backend-cpu'
import { type Compile, type NDArray, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { expect, test } from 'vitest'
import { givenNoise, loadReference, type ReferenceName, referenceNames, relativeError } from '../reference-fixture.ts'
import { createSampler } from './driver.ts'
import { ancestral } from './samplers/ancestral.ts'
import { ddim } from './samplers/ddim.ts'
import type { Sampler } from './samplers/sampler.ts'

/** A chain of a fixture, from its first images and with its noise. */
async function sampleChain(name: ReferenceName, sampler: Sampler, compile: Compile) {
  const { process, network, images } = await loadReference(name)
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

const samplers: [chain: string, Sampler][] = [
  ['sample_ancestral', ancestral()],
  ['sample_ddim_eta0', ddim()],
  ['sample_ddim_eta1', ddim({ eta: 1 })],
]
const chains = referenceNames.flatMap((name) => samplers.map(([chain, sampler]) => [name, chain, sampler] as const))

test.each(chains)('%s: the whole chain %s, with the noise given', async (name, chain, sampler) => {
  const expected = (await loadReference(name)).images(chain).data
  for (const compile of [eager, jit]) {
    const error = relativeError(await sampleChain(name, sampler, compile as Compile), expected)
    expect(error).toBeLessThan(1e-5)
  }
})
