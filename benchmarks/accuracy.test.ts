import { expect, test } from 'vitest'
import { errors } from './accuracy.ts'

test('errors are relative to the right values, of all gradients together and of the worst parameter', () => {
  const right = { output: Float64Array.of(3, 4), a: Float64Array.of(10, 0), b: Float64Array.of(1) }
  const wrong = { output: Float64Array.of(3, 4.5), a: Float64Array.of(10, 1), b: Float64Array.of(1.5) }
  expect(errors(wrong, right)).toEqual({
    output: { rms: 0.1, max: 0.125 },
    gradients: { rms: Math.sqrt(1.25 / 101), max: 0.1 },
    'worst parameter': { rms: 0.5, max: 0.5 },
  })
})
