import { expect, test } from 'vitest'
import { differences } from './differences.ts'

test('lists what differs by its path, and what is only on one side', () => {
  const saved = { model: { channels: 32, attention: [8, 4] }, seed: 1, gone: true }
  const now = { seed: 1, model: { attention: [8], channels: 64 }, added: null }
  expect(differences(saved, now)).toEqual([
    'added: absent in the checkpoint, null now',
    'gone: true in the checkpoint, absent now',
    'model.attention: [8,4] in the checkpoint, [8] now',
    'model.channels: 32 in the checkpoint, 64 now',
  ])
})

test('the order of keys does not matter', () => {
  expect(differences({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toEqual([])
  expect(differences({ list: [{ a: 1, b: 2 }] }, { list: [{ b: 2, a: 1 }] })).toEqual([])
})

test('whole values may differ', () => {
  expect(differences(null, { a: 1 })).toEqual(['configuration: null in the checkpoint, {"a":1} now'])
})
