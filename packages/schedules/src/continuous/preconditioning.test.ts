import { expect, test } from 'vitest'
import { continuousLinear } from './linear.ts'
import { edmPreconditioning, vePreconditioning, vpPreconditioning } from './preconditioning.ts'

test("edmPreconditioning: the network's input and target have variance 1, and its errors are least amplified", () => {
  const [deviation, { skip, out, in: scale, noise }] = [0.7, edmPreconditioning(0.7)]
  for (const sigma of [0.002, 0.3, 1, 80]) {
    expect(scale(sigma) ** 2 * (deviation ** 2 + sigma ** 2)).toBeCloseTo(1, 13)
    // The target (x0 - skip x) / out, x = x0 + σ ε.
    const variance = (c: number) => (1 - c) ** 2 * deviation ** 2 + c ** 2 * sigma ** 2
    expect(variance(skip(sigma)) / out(sigma) ** 2).toBeCloseTo(1, 12)
    // Of all factors of x, skip leaves the network the least to add.
    for (const other of [skip(sigma) * 0.99, skip(sigma) * 1.01])
      expect(variance(other)).toBeGreaterThan(variance(skip(sigma)))
    expect(Math.exp(4 * noise(sigma))).toBeCloseTo(sigma, 12)
  }
  expect(edmPreconditioning().skip(0.5)).toBe(0.5)
})

test('vePreconditioning and vpPreconditioning remove the noise that the network predicts', () => {
  const [x0, epsilon, sigma] = [0.3, -1.2, 2.5]
  const x = x0 + sigma * epsilon
  // A score network gives -ε / σ times σ, an ε network ε.
  expect(vePreconditioning.skip(sigma) * x + vePreconditioning.out(sigma) * -epsilon).toBeCloseTo(x0, 14)
  expect([vePreconditioning.in(sigma), vePreconditioning.noise(2 * Math.E)]).toEqual([1, 1])
  const schedule = continuousLinear()
  const vp = vpPreconditioning(schedule)
  expect(vp.skip(sigma) * x + vp.out(sigma) * epsilon).toBeCloseTo(x0, 14)
  const level = schedule.sigma(0.4) / schedule.alpha(0.4)
  expect(vp.in(level)).toBeCloseTo(schedule.alpha(0.4), 14)
  expect(vp.noise(level)).toBeCloseTo(0.4 * 999, 9)
})

test('an invalid standard deviation is refused', () => {
  expect(() => edmPreconditioning(0)).toThrow('edmPreconditioning: expected a standard deviation above 0, got 0')
})
