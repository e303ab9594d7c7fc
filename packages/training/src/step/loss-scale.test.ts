import { expect, test } from 'vitest'
import { initialLossScale, type LossScale, lossScaleAfter, nextLossScale } from './loss-scale.ts'

test('halves at a step that is not taken, doubles after 2000 in a row', () => {
  let state: LossScale = initialLossScale()
  expect(state).toEqual({ scale: 65536, taken: 0 })
  state = nextLossScale(state, false)
  expect(state.scale).toBe(32768)
  for (let i = 0; i < 1999; i++) state = nextLossScale(state, true)
  expect(state.scale).toBe(32768)
  expect(nextLossScale(state, true)).toEqual({ scale: 65536, taken: 0 })
  // One that is not taken in between begins the count anew.
  expect(nextLossScale(nextLossScale(state, false), true)).toEqual({ scale: 16384, taken: 1 })
})

test('stays between 1 and 2^24', () => {
  const scaling = { initial: 2, growthInterval: 1 }
  let state = initialLossScale(scaling)
  for (let i = 0; i < 3; i++) state = nextLossScale(state, false, scaling)
  expect(state.scale).toBe(1)
  for (let i = 0; i < 30; i++) state = nextLossScale(state, true, scaling)
  expect(state.scale).toBe(2 ** 24)
})

test('the losses of the steps done say where it stands', () => {
  const losses = Float32Array.of(1, 1, Number.NaN, 1, 1, 1)
  expect(lossScaleAfter(losses, { initial: 8, growthInterval: 2 })).toEqual({ scale: 16, taken: 1 })
})
