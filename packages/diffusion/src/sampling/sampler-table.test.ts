import '@tensorflow/tfjs-backend-cpu'
import { type Entry, schema, table } from '@cascade-diffusion/checks'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { cosineSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { processesX0, processX0Of } from '../model/process-x0.ts'
import { createSampler } from './driver.ts'
import { planRun } from './plan.ts'
import { type SamplerConfig, samplerOf, samplers } from './sampler-table.ts'
import { ancestral } from './samplers/ancestral.ts'
import { ddim, ddimEntry } from './samplers/ddim.ts'
import { ddimInversion } from './samplers/ddim-inversion.ts'
import { dpmSolver } from './samplers/dpm-solver.ts'
import { heun } from './samplers/heun.ts'
import { type Sampler, weightedSum } from './samplers/sampler.ts'
import { unipc } from './samplers/unipc.ts'

const process = {
  schedule: cosineSchedule(50),
  prediction: 'x0',
  variance: 'fixed-small',
  noiseInput: 'timestep',
} as const

const pairs: readonly [SamplerConfig, Sampler][] = [
  [{ name: 'ancestral' }, ancestral()],
  [{ name: 'ancestral', variance: 'fixed-large' }, ancestral({ variance: 'fixed-large' })],
  [{ name: 'ddim' }, ddim()],
  [{ name: 'ddim', eta: 1 }, ddim({ eta: 1 })],
  [{ name: 'ddim-inversion' }, ddimInversion()],
  [{ name: 'dpm-solver', eta: 0.5 }, dpmSolver({ eta: 0.5 })],
  [
    { name: 'heun', churn: 5, churnRange: [0.1, 20], churnNoise: 1.01 },
    heun({ churn: 5, churnRange: [0.1, 20], churnNoise: 1.01 }),
  ],
  [{ name: 'unipc', order: 3 }, unipc({ order: 3 })],
]

test.each(pairs)('%j plans as its function does', (config, expected) => {
  const made = samplerOf(config)
  expect(made.name).toBe(expected.name)
  const steps = expected.upwards ? [0, 10, 20] : [40, 20, 3]
  expect(planRun(process, made, { steps })).toEqual(planRun(process, expected, { steps }))
})

test('every sampler of the table is tested here', () => {
  expect(new Set(pairs.map(([{ name }]) => name))).toEqual(new Set(samplers.names))
})

test.each([
  ['ddim', "sampler: expected a sampler, such as { name: 'ddim' }, got 'ddim'"],
  [{ name: 'dim' }, "Did you mean 'ddim'?"],
  [{ name: 'ddim', eta: -1 }, 'sampler: expected eta, a number from 0, got -1'],
  [{ name: 'dpm-solver', eta: 2 }, 'sampler: expected eta, a number from 0 to 1, got 2'],
  [{ name: 'unipc', order: 4, eta: 1 }, 'sampler: 2 errors:\n- expected order, one of 1, 2, 3; got 4'],
  [{ name: 'heun', churnRange: [2, 1] }, 'expected churnRange, [low, high] from 0'],
])('%j is no sampler', (config, message) => {
  expect(() => samplerOf(config as SamplerConfig)).toThrow(message)
})

/** Euler's method along the probability-flow ODE, in the units of EDM, damped by a number of its configuration. */
const euler: Entry<{ readonly name: 'euler'; readonly damping: number }, Sampler> = {
  name: 'euler',
  schema: schema.record<{ readonly name: 'euler'; readonly damping: number }>({
    name: schema.oneOf(['euler']),
    damping: schema.number({ from: 0, to: 1 }),
  }),
  make: ({ damping }) => ({
    name: 'euler',
    coefficients: ['xt', 'epsilon'],
    needsNoise: false,
    plan: ({ now, next }) => {
      const step = next.sigma / next.alpha - now.sigma / now.alpha
      return [{ at: now, c: { xt: next.alpha / now.alpha, epsilon: (1 - damping) * next.alpha * step } }]
    },
    update: ({ xt, denoised, c }) => ({ xt: weightedSum([c.xt!, xt], [c.epsilon!, denoised.epsilon]) }),
  }),
}

test('a sampler more is one entry, and one line of a table', async () => {
  const more = table('a sampler', [ddimEntry, euler])
  expect(() => more.of('sampler', { name: 'euler', damping: 2 })).toThrow(
    'expected damping, a number from 0 to 1, got 2',
  )
  const run = { shape: [1, 1, 1, 1], rng: rng(1), steps: [40, 20, 3] }
  const sampled = async (sampler: Sampler) => {
    const network = (xt: tf.Tensor4D) => tf.add(tf.mul(xt, 0), 0.25) as tf.Tensor4D
    const model = createSampler({ network, process, sampler, compile: eager })
    return (await model.sample(run)).data[0]!
  }
  // A perfect denoiser of one point: both follow a straight line to it, in EDM's units.
  expect(await sampled(more.of('sampler', { name: 'euler', damping: 0 }))).toBeCloseTo(0.25, 6)
  expect(await sampled(more.of('sampler', { name: 'ddim' }))).toBeCloseTo(0.25, 6)
})

test('the processing of x0 by name', () => {
  expect(processesX0.names).toEqual(['clip', 'keep', 'dynamic-threshold'])
  expect(() => processX0Of({ name: 'dynamic-threshold', percentile: 2 })).toThrow('expected percentile, a number')
  expect(processX0Of({ name: 'keep' })).not.toBe(processX0Of({ name: 'clip' }))
})
