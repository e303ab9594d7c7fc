import { expect, test } from 'vitest'
import { referenceTerms } from './reference-process.ts'
import { cases, fixture, parameters, relativeError, relativeErrors } from './test-support.ts'

// The outputs of guided-diffusion are in float32; a term that is a difference of near numbers has fewer digits there.
test.each([
  ['linear40-simple', cases['linear, 40 steps, fixed large']],
  ['cosine100-hybrid-respaced10', cases['cosine, 10 of 100 steps, learned range']],
] as const)('what the losses are checked against agrees with guided-diffusion, %s', (name, { config }) => {
  const original = fixture(name)
  const unclipped = referenceTerms(config, { ...original, parameters, clip: false })
  expect(relativeErrors(unclipped.mse, original.mse)).toBeLessThan(1e-6)
  expect(relativeErrors(unclipped.vbBits, original.vbBits)).toBeLessThan(5e-6)
  const clipped = referenceTerms(config, { ...original, parameters, clip: true })
  for (const key of ['mean', 'logVariance', 'predictedX0'] as const)
    expect(relativeError(clipped[key], original[key])).toBeLessThan(1e-6)
})
