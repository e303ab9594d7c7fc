import { expect, test } from 'vitest'
import { cosineSchedule } from './cosine.ts'
import { linearSchedule } from './linear.ts'
import { parseSpacing, respace, type Spacing } from './respace.ts'

const timesteps = (T: number, spacing: Spacing) => [...respace(cosineSchedule(T), spacing).timesteps]

test("the steps kept are those of guided-diffusion's space_timesteps", () => {
  // Each list is what the Python function returns.
  expect(timesteps(100, 7)).toEqual([0, 16, 33, 50, 66, 82, 99])
  expect(timesteps(22, 3)).toEqual([0, 10, 21]) // 10.5 rounds to even
  expect(timesteps(24, [3])).toEqual([0, 12, 23])
  expect(timesteps(101, [4, 1, 3])).toEqual([0, 11, 22, 33, 34, 68, 84, 100])
  expect(timesteps(300, [10, 8, 2])).toEqual([
    ...[0, 11, 22, 33, 44, 55, 66, 77, 88, 99],
    ...[100, 114, 128, 142, 157, 171, 185, 199],
    ...[200, 299],
  ])
  expect(timesteps(100, { ddim: 7 })).toEqual([0, 15, 30, 45, 60, 75, 90])
  expect(timesteps(1000, { ddim: 4 })).toEqual([0, 250, 500, 750])
  expect(timesteps(20, [2, 0])).toEqual([0, 9]) // a section may keep nothing
  expect(timesteps(20, [1, 2])).toEqual([0, 10, 19])
})

test("OpenAI's --timestep_respacing is read as its scripts read it", () => {
  const kept = (text: string) => [...respace(cosineSchedule(1000), parseSpacing(text)!).timesteps]
  // Each list is what the Python function returns for the text.
  expect(kept('ddim20')).toEqual(Array.from({ length: 20 }, (_, i) => 50 * i))
  expect(kept('10,8,2')).toEqual([
    ...[0, 37, 74, 111, 148, 185, 222, 259, 296, 333],
    ...[334, 381, 429, 476, 524, 571, 619, 666],
    ...[667, 999],
  ])
  expect(kept('13')).toEqual([0, 83, 166, 250, 333, 416, 500, 583, 666, 749, 832, 916, 999])
  expect(kept(' 5, 3')).toEqual([0, 125, 250, 374, 499, 500, 750, 999])
  expect(parseSpacing('250')).toBe(250)
  // The scripts' default, which keeps every step.
  expect(parseSpacing('')).toBeUndefined()
  for (const wrong of ['ddim', 'dim20', '10;8', '10,', '2.5', '-1', '1 0', 250, undefined])
    expect(() => parseSpacing(wrong as string)).toThrow(
      'parseSpacing: expected a number of steps, numbers between commas',
    )
})

test('the cumulative products of the kept steps are those of the whole process', () => {
  const whole = linearSchedule(50)
  const spaced = respace(whole, [5, 3])
  spaced.timesteps.forEach((t, i) => {
    expect(spaced.alphasCumprod[i]).toBeCloseTo(whole.alphasCumprod[t]!, 14)
  })
})

test('keeping every step changes nothing', () => {
  const whole = linearSchedule(30)
  const spaced = respace(whole, 30)
  expect(spaced.timesteps).toEqual(whole.timesteps)
  spaced.betas.forEach((beta, t) => {
    expect(beta).toBeCloseTo(whole.betas[t]!, 14)
  })
})

test('respacing a respaced process names the steps of the first', () => {
  const twice = respace(respace(linearSchedule(100), { ddim: 10 }), { ddim: 5 })
  expect([...twice.timesteps]).toEqual([0, 20, 40, 60, 80])
  expect(twice.unspacedSteps).toBe(100)
})

test('invalid spacings are refused, as in guided-diffusion', () => {
  const schedule = linearSchedule(100)
  expect(() => respace(schedule, 101)).toThrow('expected 0 to 100 steps in section 0 of 100 steps, got 101')
  expect(() => respace(schedule, [50, 51])).toThrow('expected 0 to 50 steps in section 1 of 100 steps, got 51')
  expect(() => respace(schedule, 2.5)).toThrow('got 2.5')
  expect(() => respace(schedule, -1)).toThrow('got -1')
  expect(() => respace(schedule, 'ddim25' as never)).toThrow(
    "respace: expected a number of steps, a list of them, or { ddim: n }; got 'ddim25'; parseSpacing reads",
  )
  for (const none of [[], 0, [0, 0]])
    expect(() => respace(schedule, none)).toThrow('expected at least one step, got none')
  // No stride gives 30 steps of 100; a single one would need a stride of 100, and strides end before.
  for (const ddim of [30, 1, 101, 0])
    expect(() => respace(schedule, { ddim })).toThrow(`a stride below 100 takes of 100, got { ddim: ${ddim} }`)
  expect([...respace(schedule, { ddim: 2 }).timesteps]).toEqual([0, 50])
})
