import { cosineSchedule } from '@cascade-diffusion/schedules'
import { expect, test } from 'vitest'
import { processesX0, processX0Of } from '../process-x0.ts'
import { planRun } from './plan.ts'
import { type SamplerConfig, samplerOf, samplers } from './sampler-table.ts'
import { ancestral } from './samplers/ancestral.ts'
import { ddim } from './samplers/ddim.ts'
import { ddimInversion } from './samplers/ddim-inversion.ts'
import { dpmSolver } from './samplers/dpm-solver.ts'
import { heun } from './samplers/heun.ts'
import type { Sampler } from './samplers/sampler.ts'
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

test('the processing of x0 by name', () => {
  expect(processesX0.names).toEqual(['clip', 'keep', 'dynamic-threshold'])
  expect(() => processX0Of({ name: 'dynamic-threshold', percentile: 2 })).toThrow('expected percentile, a number')
  expect(processX0Of({ name: 'keep' })).not.toBe(processX0Of({ name: 'clip' }))
})
