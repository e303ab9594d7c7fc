import '@tensorflow/tfjs-backend-cpu'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { flowError, pathError } from '../convergence-fixture.ts'
import { mixtureMoments, mixtureNetwork, mixtureProcess } from '../mixture-fixture.ts'
import { keepX0 } from '../model/process-x0.ts'
import { createSampler } from './driver.ts'
import { ancestral } from './samplers/ancestral.ts'
import { ddim } from './samplers/ddim.ts'
import { dpmSolver } from './samplers/dpm-solver.ts'
import { heun } from './samplers/heun.ts'
import type { Sampler } from './samplers/sampler.ts'
import { unipc } from './samplers/unipc.ts'
import { spacedSteps } from './steps.ts'

/** The samplers, with the steps at which a Gaussian mixture's moments are reached and the order of convergence. */
const deterministic: [name: string, Sampler, order: number][] = [
  ['ddim', ddim(), 1],
  ['heun', heun(), 2],
  ['dpm-solver++(2m)', dpmSolver(), 2],
  ['unipc-1', unipc({ order: 1 }), 2],
  ['unipc-2', unipc(), 3],
  ['unipc-3', unipc({ order: 3 }), 4],
]
const stochastic: [name: string, Sampler][] = [
  ['ancestral', ancestral()],
  ['ddim, eta 1', ddim({ eta: 1 })],
  ['sde-dpm-solver++(2m)', dpmSolver({ eta: 1 })],
]

test.each(deterministic)('%s follows the exact flow of a Gaussian mixture at its order', async (_, sampler, order) => {
  const [coarse, fine] = [await flowError(sampler, 24), await flowError(sampler, 96)]
  const measured = Math.log(coarse / fine) / Math.log(4)
  expect(measured).toBeGreaterThan(order - 0.5)
  expect(measured).toBeLessThan(order + 0.6)
})

test.each(stochastic)('%s follows the paths of a Gaussian mixture at strong order 1', async (_, sampler) => {
  const [coarse, fine] = [await pathError(sampler, 16), await pathError(sampler, 128)]
  const measured = Math.log(coarse / fine) / Math.log(8)
  expect(measured).toBeGreaterThan(0.75)
  expect(measured).toBeLessThan(1.4)
})

const everySampler: [name: string, Sampler, steps: number][] = [
  ...deterministic.map(([name, sampler]) => [name, sampler, name === 'ddim' ? 60 : 20] as [string, Sampler, number]),
  ...stochastic.map(([name, sampler]) => [name, sampler, 60] as [string, Sampler, number]),
  ['ancestral, large variance', ancestral({ variance: 'fixed-large' }), 120],
  ['ddim, eta 0.5', ddim({ eta: 0.5 }), 60],
  ['dpm-solver++(2m), eta 0.5', dpmSolver({ eta: 0.5 }), 40],
  ['heun with churn', heun({ churn: 20, churnNoise: 1 }), 30],
]

test.each(everySampler)('%s gives the mean and the covariance of a Gaussian mixture', async (_, sampler, steps) => {
  const n = 1000
  const model = createSampler({
    network: mixtureNetwork,
    process: mixtureProcess,
    sampler,
    compile: eager,
    processX0: keepX0,
  })
  const times = spacedSteps(mixtureProcess, steps, { to: 0 })
  const { data } = await model.sample({ shape: [n, 1, 1, 2], condition: undefined, rng: rng(3), steps: times })
  const average = (f: (x: number, y: number) => number) => {
    let [sum, squares] = [0, 0]
    for (let i = 0; i < n; i++) {
      const value = f(data[2 * i]!, data[2 * i + 1]!)
      sum += value
      squares += value * value
    }
    return { mean: sum / n, error: Math.sqrt((squares / n - (sum / n) ** 2) / n) }
  }
  const { mean, covariance } = mixtureMoments()
  const [mx, my] = mean
  const measured = [
    average((x) => x - mx),
    average((_, y) => y - my),
    average((x) => (x - mx) ** 2 - covariance[0]),
    average((x, y) => (x - mx) * (y - my) - covariance[1]),
    average((_, y) => (y - my) ** 2 - covariance[2]),
  ]
  for (const { mean, error } of measured) expect(Math.abs(mean)).toBeLessThan(4 * error)
})
