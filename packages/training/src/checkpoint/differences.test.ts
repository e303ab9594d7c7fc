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
  expect(differences({ a: 1 }, { a: 2 }, 'in the folder')).toEqual(['a: 1 in the folder, 2 now'])
})

test('lists of records of one length are compared item by item, others are shown whole', () => {
  const [saved, now] = [
    { steps: [{ name: 'a', rate: 1 }, { name: 'b' }] },
    { steps: [{ name: 'a', rate: 2 }, { name: 'b' }] },
  ]
  expect(differences(saved, now)).toEqual(['steps.0.rate: 1 in the checkpoint, 2 now'])
  expect(differences({ sizes: [1, 2] }, { sizes: [1, 3] })).toEqual(['sizes: [1,2] in the checkpoint, [1,3] now'])
  expect(differences([{ a: 1 }], [])).toEqual(['configuration: [{"a":1}] in the checkpoint, [] now'])
})
