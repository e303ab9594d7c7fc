import { describe, expect, test } from 'vitest'
import { elementwiseGradients } from './elementwise.ts'
import { readFound } from './found.ts'
import { measure } from './measure.ts'

const bounds = readFound()

describe('gradients agree with differences, compiled and eager', () => {
  test.each(Object.keys(elementwiseGradients))('%s', async (name) => {
    const found = await measure(name)
    expect(found.compiled).toBeLessThanOrEqual(bounds[name]?.compiled ?? 0)
    expect(found.eager).toBeLessThanOrEqual(bounds[name]?.eager ?? 0)
  })
})
