import '@tensorflow/tfjs-backend-cpu'
import { type NDArray, zeros } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { cosineSchedule } from '@cascade-diffusion/schedules'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { keepX0 } from '../model/process-x0.ts'
import { noiseLevel } from '../process/noise-level.ts'
import type { DiffusionProcess } from '../process/process.ts'
import { givenNoise } from '../reference-fixture.ts'
import { createSampler } from './driver.ts'
import { ancestral } from './samplers/ancestral.ts'
import { ddim } from './samplers/ddim.ts'
import type { Sampler } from './samplers/sampler.ts'

/** The data: two correlated values, as the channels of one pixel. */
const mean = [0.7, -0.4]
const [a, b, d] = [0.5, 0.24, 0.3]

/** The exact denoiser of that data: ε = σ (α² Σ + σ² I)⁻¹ (x_t - α μ), for each step of the process. */
function exactNetwork({ schedule }: DiffusionProcess) {
  const steps = Array.from(schedule.betas, (_, t) => noiseLevel(schedule, t))
  const inverses = steps.flatMap(({ alpha, sigma }) => {
    const [p, q, r] = [alpha ** 2 * a + sigma ** 2, alpha ** 2 * b, alpha ** 2 * d + sigma ** 2]
    return [r, -q, -q, p].map((v) => (v * sigma) / (p * r - q * q))
  })
  const means = steps.flatMap(({ alpha }) => mean.map((m) => alpha * m))
  return (xt: tf.Tensor4D, noise: tf.Tensor1D): tf.Tensor4D => {
    const t = tf.cast(noise, 'int32')
    const centred = tf.sub(tf.reshape(xt, [-1, 2, 1]), tf.gather(tf.tensor3d(means, [steps.length, 2, 1]), t))
    return tf.reshape(tf.matMul(tf.gather(tf.tensor3d(inverses, [steps.length, 2, 2]), t), centred), [-1, 1, 1, 2])
  }
}

/**
 * The exact mean and covariance of a sampler's output on that data. The sampler is affine in its normal numbers, so one
 * example without noise and one for each number set to 1 determine them. None is drawn.
 */
async function moments(process: DiffusionProcess, sampler: Sampler) {
  const T = process.schedule.betas.length
  const sources = ['initial', ...(sampler.needsNoise ? Array.from({ length: T }, (_, t) => `noise.${t}`) : [])]
  const n = 1 + 2 * sources.length
  const rng = givenNoise((path) => {
    const noise: NDArray<'float32'> = zeros([n, 1, 1, 2])
    for (const i of [0, 1]) noise.data[(1 + 2 * sources.indexOf(path) + i) * 2 + i] = 1
    return noise
  })
  const model = createSampler({ network: exactNetwork(process), process, sampler, compile: eager, processX0: keepX0 })
  const { data } = await model.sample({ shape: [n, 1, 1, 2], condition: undefined, rng })
  const covariance = (i: number, j: number) => {
    let sum = 0
    for (let k = 1; k < n; k++) sum += (data[2 * k + i]! - data[i]!) * (data[2 * k + j]! - data[j]!)
    return sum
  }
  return [data[0]!, data[1]!, covariance(0, 0), covariance(0, 1), covariance(1, 1)]
}

async function errorOf(process: DiffusionProcess, sampler: Sampler) {
  const expected = [...mean, a, b, d]
  return greatestDifference(await moments(process, sampler), expected)
}

const samplers: [string, Sampler][] = [
  ['ancestral, small variance,', ancestral({ variance: 'fixed-small' })],
  ['ancestral, large variance,', ancestral({ variance: 'fixed-large' })],
  ['ddim', ddim()],
  ['ddim, eta 0.5,', ddim({ eta: 0.5 })],
  ['ddim, eta 1,', ddim({ eta: 1 })],
]

test.each(samplers)('%s converges to the mean and covariance of Gaussian data, at first order', async (_, sampler) => {
  const at = (steps: number) =>
    errorOf(
      { schedule: cosineSchedule(steps), prediction: 'epsilon', variance: 'fixed-large', noiseInput: 'timestep' },
      sampler,
    )
  const [coarse, fine] = [await at(50), await at(200)]
  expect(fine).toBeLessThan(0.015)
  expect(coarse / fine).toBeGreaterThan(3.3)
  expect(coarse / fine).toBeLessThan(5)
})
