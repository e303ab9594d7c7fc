import { expect, test } from 'vitest'
import { byteCache } from './byte-cache.ts'

test('values used last are kept, up to the bound', async () => {
  const cache = byteCache<string>(10)
  const made: string[] = []
  const get = (key: string, bytes = 4) =>
    cache.get(key, async () => {
      made.push(key)
      return { value: key.toUpperCase(), bytes }
    })
  expect([await get('a'), await get('b'), await get('a'), await get('c')]).toEqual(['A', 'B', 'A', 'C'])
  await get('a')
  expect(made).toEqual(['a', 'b', 'c'])
  await get('b') // was the oldest when c came
  expect(made).toEqual(['a', 'b', 'c', 'b'])
  await get('large', 100) // is kept alone
  await get('large')
  await get('b')
  expect(made).toEqual(['a', 'b', 'c', 'b', 'large', 'b'])
})

test('callers at the same time share a value; a failure is not kept', async () => {
  const cache = byteCache<number>(10)
  let calls = 0
  const make = async () => {
    calls++
    await Promise.resolve()
    if (calls === 1) throw new Error('first')
    return { value: calls, bytes: 1 }
  }
  const both = await Promise.allSettled([cache.get('a', make), cache.get('a', make)])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await Promise.all([cache.get('a', make), cache.get('a', make)])).toEqual([2, 2])
})
