import { shown } from '@cascade-diffusion/checks'
import { expect, test } from 'vitest'
import { classIndex } from './class-index.ts'

test('a class by name or index; an error lists the names', () => {
  const fields = { classNames: ['cat', 'dog'] }
  expect([classIndex(fields, 'dog'), classIndex(fields, 0)]).toEqual([1, 0])
  expect(classIndex({ classNames: ['7', '5'] }, '5')).toBe(1)
  for (const label of ['bird', 2, -1, 0.5, '1'])
    expect(() => classIndex(fields, label)).toThrow(
      `classIndex: expected a class, one of cat, dog, or its index from 0 to 1, got ${shown(label)}`,
    )
})
