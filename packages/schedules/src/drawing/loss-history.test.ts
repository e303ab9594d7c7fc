import { expect, test } from 'vitest'
import { computed, relativeError } from '../reference-fixture.ts'
import { lossHistory, lossSecondMomentProbabilities, recordLosses } from './loss-history.ts'

test('warm-up, dropping of the oldest and weights agree with NumPy', () => {
  let history = lossHistory(4, { length: 3 })
  expect([...lossSecondMomentProbabilities(history)]).toEqual([0.25, 0.25, 0.25, 0.25])
  let uneven = 0
  for (const { t, losses, probabilities } of computed.importance) {
    history = recordLosses(history, t, losses)
    expect(relativeError(lossSecondMomentProbabilities(history), probabilities)).toBeLessThan(1e-12)
    if (probabilities[0] !== 0.25) uneven++
  }
  expect(uneven).toBeGreaterThan(2)
  expect(uneven).toBeLessThan(computed.importance.length)
})

test('keeps ten losses of each step by default', () => {
  expect(lossHistory(5).losses.shape).toEqual([5, 10])
})

test('each batch gives a new history and leaves the old one unchanged', () => {
  const first = recordLosses(lossHistory(2, { length: 2 }), [0, 1, 0], [1, 2, 3])
  const second = recordLosses(first, [0], [4])
  expect([...first.losses.data, ...first.counts.data]).toEqual([1, 3, 2, 0, 2, 1])
  expect([...second.losses.data, ...second.counts.data]).toEqual([3, 4, 2, 0, 2, 1])
})

test('losses that are not finite are left out, and losses of 0 leave the steps uniform', () => {
  const history = recordLosses(lossHistory(2, { length: 1 }), [0, 1, 1, 1], [0, 0, Number.NaN, Infinity])
  expect([...history.losses.data, ...history.counts.data]).toEqual([0, 0, 1, 1])
  expect([...lossSecondMomentProbabilities(history)]).toEqual([0.5, 0.5])
})

test('the share of uniform draws can be chosen', () => {
  const history = recordLosses(lossHistory(2, { length: 1 }), [0, 1], [1, 3])
  const probabilities = lossSecondMomentProbabilities(history, { uniformProbability: 0.5 })
  expect([...probabilities]).toEqual([0.375, 0.625])
})

test('invalid arguments are refused', () => {
  expect(() => lossHistory(0)).toThrow('lossHistory: steps: expected an integer of at least 1, got 0')
  expect(() => lossHistory(3, { length: 0 })).toThrow('lossHistory: length: expected an integer of at least 1, got 0')
  const history = lossHistory(3)
  expect(() => recordLosses(history, [1], [1, 2])).toThrow('recordLosses: expected a loss for each of 1 steps, got 2')
  for (const t of [-1, 3, 0.5])
    expect(() => recordLosses(history, [t], [1])).toThrow(`recordLosses: expected steps from 0 to 2, got ${t}`)
  expect(() => lossSecondMomentProbabilities(history, { uniformProbability: 2 })).toThrow('from 0 to 1, got 2')
})
