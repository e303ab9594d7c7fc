import { expect, test } from 'vitest'
import { formatDuration, formatNumber, formatNumbers } from './format.ts'

test('numbers for a reader', () => {
  const numbers = [0, 1234567, 0.1 + 0.2, 98.7654321, -0.00012, 1.5e-7, 2.5e9, Number.NaN]
  expect(numbers.map(formatNumber)).toEqual(['0', '1,234,570', '0.3', '98.7654', '-0.00012', '1.5e-7', '2.5e9', 'NaN'])
})

test('numbers one below the other have as many decimals', () => {
  expect(formatNumbers([10.18, 9, 9.6, 12345])).toEqual(['10.18', '9.00', '9.60', '12,345.00'])
  expect(formatNumbers([1, 2000])).toEqual(['1', '2,000'])
  expect(formatNumbers([1e-6, 0.5])).toEqual(['1e-6', '0.5'])
})

test('formatDuration', () => {
  const times = [0, 7.2, 60, 185, 3600, 3601, 7620, 86399, Number.POSITIVE_INFINITY]
  expect(times.map(formatDuration)).toEqual([
    '0 s',
    '8 s',
    '1 min 00 s',
    '3 min 05 s',
    '1 h 00 min',
    '1 h 01 min',
    '2 h 07 min',
    '24 h 00 min',
    '?',
  ])
})
