import { expect, test } from 'vitest'
import type { LoggedStep } from '../log/logged-step.ts'
import { lossCurves } from './loss-curves.ts'

const line = (model: string, step: number, loss: number | null): LoggedStep => ({
  model,
  step,
  loss,
  gradNorm: 1,
  learningRate: 1,
})

test('a curve is that of the checkpoint, or of the log where that is ahead', () => {
  const models = [
    { name: 'base', step: 3, steps: 3, losses: Float32Array.of(4, Number.NaN, 2) },
    { name: 'middle', step: 2, steps: 40, losses: Float32Array.of(9, 9) },
    { name: 'large', step: 0, steps: 40, losses: new Float32Array() },
  ]
  const logged = [line('base', 3, 3), line('middle', 10, 0.5), line('middle', 20, null), line('middle', 30, 0.25)]
  expect(lossCurves({ models, logged })).toEqual([
    { name: 'base', step: 3, steps: 3, points: [[1, 4], [3, 2]] }, // biome-ignore format: pairs
    { name: 'middle', step: 30, steps: 40, points: [[10, 0.5], [30, 0.25]] }, // biome-ignore format: pairs
  ])
})

test('long curves are means over windows', () => {
  const losses = Float32Array.from({ length: 1500 }, (_, i) => i)
  const [curve] = lossCurves({ models: [{ name: 'a', step: 1500, steps: 9000, losses }], logged: [] })
  expect(curve!.points).toHaveLength(150)
  expect(curve!.points[0]).toEqual([10, 4.5])
  const logged = Array.from({ length: 600 }, (_, i) => line('a', 10 * (i + 1), i))
  const [ofLog] = lossCurves({ models: [{ name: 'a', step: 1500, steps: 9000, losses }], logged })
  expect(ofLog!.points).toHaveLength(150)
  expect(ofLog!.points[1]).toEqual([80, 5.5])
})
