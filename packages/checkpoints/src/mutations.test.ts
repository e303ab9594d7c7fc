import { expect, test } from 'vitest'
import { mutations, readDamaged } from './mutations.ts'

test.each(mutations)('$name: mutations load or throw an Error, and nothing large is ever made', async (kind) => {
  const count = 80 * kind.share
  const { loaded, refused } = await readDamaged(kind, count, 20211)
  expect(loaded + refused).toBe(count)
  expect(refused).toBeGreaterThan(0)
})
