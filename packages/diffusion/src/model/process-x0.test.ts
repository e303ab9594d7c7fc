import '@tensorflow/tfjs-backend-cpu'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { clipX0, dynamicThreshold, type ProcessX0 } from './process-x0.ts'

const shape = [3, 4, 5, 3]
const scales = [0.2, 1.5, 4]
const normal = rng(2).normal(shape)
const x0 = { ...normal, data: normal.data.map((x, i) => x * scales[Math.floor(i / 60)]!) }

const apply = async (processX0: ProcessX0, compile = eager) => {
  const fn = compile(processX0)
  const { data } = await fn(x0)
  await fn.dispose()
  return data
}

test('static clipping is to [-1, 1]', async () => {
  const clipped = await apply(clipX0)
  x0.data.forEach((x, i) => void expect(clipped[i]).toBe(Math.max(-1, Math.min(1, x))))
})

test.each([0.995, 0.9, 0.5, 0.25, 1])(
  'dynamic thresholding by sorted magnitudes, percentile %f, eager and jit',
  async (percentile) => {
    const expected = scales.flatMap((_, n) => {
      const image = Array.from(x0.data.slice(60 * n, 60 * n + 60))
      const sorted = image.map(Math.abs).sort((a, b) => a - b)
      const [below, part] = [Math.floor(percentile * 59), (percentile * 59) % 1]
      const quantile = sorted[below]! * (1 - part) + (sorted[below + 1] ?? 0) * part
      const s = Math.max(quantile, 1)
      return image.map((x) => Math.max(-s, Math.min(s, x)) / s)
    })
    for (const compile of [eager, jit as typeof eager]) {
      const actual = await apply(dynamicThreshold({ percentile }), compile)
      expected.forEach((x, i) => void expect(actual[i]).toBeCloseTo(x, 5))
    }
  },
)

test('a percentile out of range is an error', () => {
  for (const percentile of [0, -0.5, 99.5, Number.NaN])
    expect(() => dynamicThreshold({ percentile })).toThrow(
      `dynamicThreshold: expected a percentile above 0 and at most 1, got ${percentile}`,
    )
})
