import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { resizeFilters } from './resize-image.ts'
import { agrees, type PillowCase } from './testing/pillow-cases.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'))
const { cases } = read('pillow-resize.json') as { cases: PillowCase[] }

test.each(resizeFilters)('%s: every image is what Pillow makes of it', (name) => {
  const some = cases.filter(({ filter }) => filter === name)
  expect(some.length).toBeGreaterThan(50)
  expect(some.filter((one) => !agrees(one))).toEqual([])
})

test('the cases have every kind of image, enlarged and reduced, with boxes and without', () => {
  for (const channels of [1, 2, 3, 4]) expect(cases.some(({ from }) => from[2] === channels)).toBe(true)
  expect(cases.filter(({ kind }) => kind === 'numbers').length).toBeGreaterThan(50)
  expect(cases.filter(({ box }) => box).length).toBeGreaterThan(50)
  const grows = cases.map(({ from, to }) => `${from[0] < to[0]} ${from[1] < to[1]}`)
  expect(new Set(grows).size).toBe(4)
})
