import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactCos } from './exact-cos.ts'

test('agrees with Math.cos to its last bits', () => {
  fc.assert(
    fc.property(fc.double({ min: 2 ** -60, max: Math.PI / 2, noNaN: true }), (x) => {
      expect(Math.abs(exactCos(x) - Math.cos(x))).toBeLessThanOrEqual(2 ** -53)
    }),
  )
})

test('is rounded correctly where Math.cos need not be', () => {
  // The floats nearest cos(1) = 0.54030230586813971740… and the cosine of the float nearest π/2, 6.1232339957367658861…e-17.
  expect(exactCos(1)).toBe(0.5403023058681398)
  expect(exactCos(Math.PI / 2)).toBe(6.123233995736766e-17)
})
