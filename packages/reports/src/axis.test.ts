import fc from 'fast-check'
import { expect, test } from 'vitest'
import { axis } from './axis.ts'

const labels = (values: number[], options = {}) => axis(values, options).ticks.map((t) => t.label)

test('linear ticks', () => {
  expect(labels([0, 4000])).toEqual(['0', '1,000', '2,000', '3,000', '4,000'])
  expect(labels([0, 100])).toEqual(['0', '20', '40', '60', '80', '100'])
  expect(labels([-0.21, 0.33])).toEqual(['-0.2', '-0.1', '0', '0.1', '0.2', '0.3'])
  expect(labels([0.021, 0.147], { toTicks: true })).toEqual([
    '0.02',
    '0.04',
    '0.06',
    '0.08',
    '0.1',
    '0.12',
    '0.14',
    '0.16',
  ])
  expect(labels([3, 3])).toEqual(['1.5', '2', '2.5', '3', '3.5', '4', '4.5'])
  expect(labels([0, 0])).toContain('0')
})

test('logarithmic ticks', () => {
  expect(labels([0.013, 1.7], { log: true, toTicks: true })).toEqual([
    '0.01',
    '0.02',
    '0.05',
    '0.1',
    '0.2',
    '0.5',
    '1',
    '2',
  ])
  expect(labels([1e-5, 1], { log: true })).toEqual(
    ['1e-5', '1e-4', '0.001', '0.01', '0.1', '1'].map((t) => (t === '1e-4' ? '0.0001' : t)),
  )
  expect(labels([1e-20, 1], { log: true })).toEqual(['1e-20', '1e-17', '1e-14', '1e-11', '1e-8', '1e-5', '0.01'])
  expect(labels([21, 39], { log: true })).toEqual(['25', '30', '35'])
  expect(labels([7, 7], { log: true })).toEqual(['5', '10'])
})

test('fractions run from 0 to 1, by equal ratios on a logarithmic axis', () => {
  expect(axis([10, 20]).fraction(12)).toBeCloseTo(0.2, 12)
  const log = axis([1, 10000], { log: true })
  expect(log.fraction(1)).toBe(0)
  expect(log.fraction(100)).toBeCloseTo(0.5, 12)
  const wide = axis([3, 97], { toTicks: true })
  expect(wide.fraction(0)).toBe(0)
  expect(wide.fraction(100)).toBe(1)
})

test('any linear axis has a few evenly spaced round ticks, on the axis', () => {
  const number = fc.double({ min: -1e12, max: 1e12, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-290)
  fc.assert(
    fc.property(number, number, fc.boolean(), (a, b, toTicks) => {
      const { ticks, fraction } = axis([a, b], { toTicks })
      expect(ticks.length).toBeGreaterThanOrEqual(3)
      expect(ticks.length).toBeLessThanOrEqual(10)
      const places = ticks.map((t) => fraction(t.value))
      const gap = places[1]! - places[0]!
      places.forEach((place, i) => {
        expect(place).toBeCloseTo(places[0]! + i * gap, 4)
        expect(place).toBeGreaterThanOrEqual(0)
        expect(place).toBeLessThanOrEqual(1)
      })
      for (const x of [a, b]) expect(Math.abs(fraction(x) - 0.5)).toBeLessThanOrEqual(0.5 + 1e-9)
      if (toTicks) expect([places[0], places.at(-1)]).toEqual([0, 1])
      // Unlike neighbours have unlike labels unless the ticks differ by less than six digits show.
      const step = ticks[1]!.value - ticks[0]!.value
      if (step > 1e-4 * Math.max(Math.abs(a), Math.abs(b)))
        expect(new Set(ticks.map((t) => t.label)).size).toBe(ticks.length)
    }),
  )
})

test('any logarithmic axis has ticks', () => {
  const number = fc.double({ min: -300, max: 300, noNaN: true }).map((e) => 10 ** e)
  fc.assert(
    fc.property(number, number, (a, b) => {
      const { ticks, fraction } = axis([a, b], { log: true, toTicks: true })
      expect(ticks.length).toBeGreaterThanOrEqual(2)
      expect(ticks.length).toBeLessThanOrEqual(12)
      for (const t of ticks) expect(Math.abs(fraction(t.value) - 0.5)).toBeLessThanOrEqual(0.5 + 1e-9)
      for (const x of [a, b]) expect(Math.abs(fraction(x) - 0.5)).toBeLessThanOrEqual(0.5 + 1e-9)
    }),
  )
})

test('given ticks are the whole axis, whatever the data', () => {
  const { fraction, ticks } = axis([-50, 3], { ticks: [0, 2, 4] })
  expect(ticks.map((t) => t.label)).toEqual(['0', '2', '4'])
  expect([0, 1, 4, 6].map(fraction)).toEqual([0, 0.25, 1, 1.5])
})
