import { float32, int32 } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { classAccuracy } from './class-accuracy.ts'
import { measure } from './metric.ts'

const logits = float32([2, 1, 0, /**/ 0, 1, 0.5, /**/ -3, -2, -1, /**/ 1, 0, 0, /**/ 5, 5, 5], [5, 3])
const labels = int32([0, 1, 1, 0, 1])
const figure = { value: 3 / 5, perClass: [1, 1 / 3, Number.NaN], count: 5 }

test('counts in all and by class', async () => {
  expect(await measure(classAccuracy(), { logits, labels })).toEqual(figure)
})

test('batches and merged parts give what all at once gives, and the state is JSON', () => {
  const metric = classAccuracy()
  const part = (from: number, to: number) =>
    metric.add(metric.start(), {
      logits: float32(logits.data.slice(3 * from, 3 * to), [to - from, 3]),
      labels: int32(labels.data.slice(from, to)),
    })
  const sent = JSON.parse(JSON.stringify(metric.merge(part(2, 4), part(4, 5))))
  const all = [part(0, 2), metric.start(), sent].reduce(metric.merge)
  expect(metric.finish(all, undefined)).toEqual(figure)
})

test('what does not fit is refused', async () => {
  const measured = (logits: number[], shape: number[], labels: number[]) =>
    measure(classAccuracy(), { logits: float32(logits, shape), labels: int32(labels) })
  await expect(measured([1, 0, 0, 1], [2, 2], [0])).rejects.toThrow('logits [N, K] and labels [N], got [2,2] and [1]')
  await expect(measured([1, 0, 0, 1], [2, 2], [0, 2])).rejects.toThrow('expected labels from 0 to 1, got 2')
  await expect(measured([], [0, 2], [])).rejects.toThrow('got [0,2] and [0]')
  const metric = classAccuracy()
  expect(() => metric.finish(metric.start(), undefined)).toThrow('expected at least one example, got none')
  const two = metric.add(metric.start(), { logits: float32([0, 1], [1, 2]), labels: int32([0]) })
  expect(() => metric.add(two, { logits, labels })).toThrow('expected one number of classes, got 2 and 3')
})
