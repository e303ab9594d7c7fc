import { expect, test } from 'vitest'
import { damagedKinds } from './kinds.ts'
import { readDamaged } from './read-damaged.ts'

test.each(damagedKinds)('$name: damaged files load or throw an Error, and nothing large is ever made', async (kind) => {
  const count = 45 * kind.share
  const { loaded, refused } = await readDamaged(kind, count, 20211)
  expect(loaded + refused).toBe(count)
  expect(Math.min(loaded, refused)).toBeGreaterThan(0)
})
