import { alphaOfLogSnr, sigmaOfLogSnr } from '@cascade-diffusion/schedules'
import { expect, test } from 'vitest'
import type { Level } from '../level.ts'
import { integration } from './unipc-weights.ts'

const levelAt = (lambda: number): Level => ({
  t: 0,
  lambda,
  alpha: alphaOfLogSnr(2 * lambda),
  sigma: sigmaOfLogSnr(2 * lambda),
})

/** x_to = σ_to / σ_from x_from + σ_to ∫ e^λ x0(λ) dλ, by Simpson's rule. */
function integrated(from: Level, to: Level, x0: (lambda: number) => number): number {
  const n = 2000
  const h = (to.lambda - from.lambda) / n
  let sum = 0
  for (let i = 0; i <= n; i++) {
    const lambda = from.lambda + i * h
    sum += (i === 0 || i === n ? 1 : i % 2 ? 4 : 2) * Math.exp(lambda) * x0(lambda)
  }
  return to.sigma * sum * (h / 3)
}

test.each([
  ['x0 that stays the same', []],
  ['x0 that is quadratic in λ, predicted', [-1.1, -1.6]],
  ['x0 that is quadratic in λ, corrected', [0.4, -1.1]],
  ['x0 that is cubic in λ, corrected', [0.4, -1.1, -1.6]],
])('integrates %s', (_, places) => {
  const [from, to] = [levelAt(-0.3), levelAt(0.4)]
  const x0 = (lambda: number) => places.reduce((sum, _, i) => sum + (i + 0.5) * lambda ** (i + 1), 0.7)
  const { x, outputs } = integration(from, to, places.map(levelAt))
  const made = outputs.reduce((sum, weight, i) => sum + weight * x0(i === 0 ? from.lambda : places[i - 1]!), 0)
  expect(made).toBeCloseTo(integrated(from, to, x0), 10)
  expect(x).toBeCloseTo(to.sigma / from.sigma, 14)
})

test('two levels have equal weights over a step of any length', () => {
  const [from, to] = [levelAt(-1), levelAt(1)]
  const { outputs } = integration(from, to, [to])
  // Half of α (1 - e^-h) for the prediction at each end.
  expect(outputs[0]).toBeCloseTo(0.5 * to.alpha * (1 - Math.exp(-2)), 14)
  expect(outputs[1]).toBeCloseTo(outputs[0]!, 14)
})
