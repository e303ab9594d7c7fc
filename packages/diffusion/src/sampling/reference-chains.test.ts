import '@tensorflow/tfjs-backend-cpu'
import { type Compile, type NDArray, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { expect, test } from 'vitest'
import { givenNoise, loadReference, type ReferenceName, referenceNetwork, relativeError } from '../reference-fixture.ts'
import { ancestral } from './ancestral.ts'
import { ddim } from './ddim.ts'
import { createSampler } from './driver.ts'
import type { Sampler } from './sampler.ts'

/** A chain of a fixture, from its first images and with its noise. */
async function sampleChain(name: ReferenceName, sampler: Sampler, compile: Compile) {
  const { process, images } = await loadReference(name)
  const [initial, noises] = [images('sample_xT'), images('sample_noises_in_call_order')]
  const rng = givenNoise((path) => {
    const call = process.schedule.betas.length - 1 - Number(path.replace('noise.', ''))
    return { ...rows(noises, call, call + 1), shape: initial.shape } as NDArray<'float32'>
  })
  const model = createSampler({ network: referenceNetwork, process, sampler, compile })
  const sample = await model.sample({ shape: initial.shape, condition: undefined, rng, initial })
  await model.dispose()
  return sample.data
}

// The reference takes √(1 - ᾱ - σ²) in float32, which cancels where the schedule ends in pure noise: that puts its last
// chain 1.7e-5 away from the same chain in float64, which ours is held to below.
const chains: [ReferenceName, string, Sampler, number][] = [
  ['linear40-simple', 'sample_ancestral', ancestral(), 1e-5],
  ['linear40-simple', 'sample_ddim_eta0', ddim(), 1e-5],
  ['linear40-simple', 'sample_ddim_eta1', ddim({ eta: 1 }), 1e-5],
  // DDIM does not look at the variance that this fixture's model has learned.
  ['cosine100-hybrid-respaced10', 'sample_ddim_eta0', ddim(), 1e-5],
  ['cosine100-hybrid-respaced10', 'sample_ddim_eta1', ddim({ eta: 1 }), 2e-5],
]

test.each(chains)('%s: the whole chain %s, with the noise given', async (name, chain, sampler, tolerance) => {
  const expected = (await loadReference(name)).images(chain).data
  expect(relativeError(await sampleChain(name, sampler, eager), expected)).toBeLessThan(tolerance)
  expect(relativeError(await sampleChain(name, sampler, jit), expected)).toBeLessThan(tolerance)
})

test.each(['linear40-simple', 'cosine100-hybrid-respaced10'] as const)(
  '%s: DDIM with eta 1 is the same chain in float64',
  async (name) => {
    const { process, images } = await loadReference(name)
    const noises = images('sample_noises_in_call_order').data
    const { alphasCumprod, timesteps } = process.schedule
    let x = Array.from(images('sample_xT').data)
    for (let t = timesteps.length - 1; t >= 0; t--) {
      const [a, p] = [alphasCumprod[t]!, alphasCumprod[t - 1] ?? 1]
      const sigma = Math.sqrt(((1 - p) / (1 - a)) * (1 - a / p))
      const start = (timesteps.length - 1 - t) * x.length
      x = x.map((xt, i) => {
        const raw = (xt - Math.sqrt(1 - a) * Math.tanh(0.3 * xt + 0.0004 * timesteps[t]!)) / Math.sqrt(a)
        const x0 = Math.max(-1, Math.min(1, raw))
        const epsilon = (xt - Math.sqrt(a) * x0) / Math.sqrt(1 - a)
        return Math.sqrt(p) * x0 + Math.sqrt(Math.max(0, 1 - p - sigma ** 2)) * epsilon + sigma * noises[start + i]!
      })
    }
    expect(relativeError(await sampleChain(name, ddim({ eta: 1 }), eager), x)).toBeLessThan(2e-6)
  },
)
