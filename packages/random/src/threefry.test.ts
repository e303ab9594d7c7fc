import { expect, test } from 'vitest'
import { threefry } from './threefry.ts'

const block = (k0: number, k1: number, c0: number, c1: number): string => {
  const out = new Uint32Array(2)
  threefry([k0, k1], c0, c1, out)
  return [...out].map((word) => word.toString(16).padStart(8, '0')).join(' ')
}

test('Threefry-2x32-20 gives the known answers of Random123', () => {
  expect(block(0, 0, 0, 0)).toBe('6b200159 99ba4efe')
  expect(block(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)).toBe('1cb996fc bb002be7')
  expect(block(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3)).toBe('c4923a9c 483df7a0')
})

test('several blocks are those of consecutive counters, carrying into the high word', () => {
  const out = new Uint32Array(6)
  threefry([1, 2], 0xfffffffe, 5, out)
  const words = [...out].map((word) => word.toString(16).padStart(8, '0')).join(' ')
  expect(words).toBe([block(1, 2, 0xfffffffe, 5), block(1, 2, 0xffffffff, 5), block(1, 2, 0, 6)].join(' '))
})

test.each([1, 2, 3, 4, 5, 8])('%d words, at every length: the same blocks one by one', (n) => {
  for (const [c0, c1] of [
    [0, 0],
    [0xfffffffd, 0xffffffff],
  ] as const) {
    const out = new Uint32Array(n)
    threefry([3, 4], c0, c1, out)
    const one = new Uint32Array(2 * n)
    for (let i = 0; i < n; i++)
      threefry([3, 4], (c0 + i) >>> 0, c0 + i >= 2 ** 32 ? (c1 + 1) >>> 0 : c1, one.subarray(2 * i, 2 * i + 2))
    const whole = n - (n % 2)
    expect(out.subarray(0, whole)).toEqual(one.subarray(0, whole))
  }
})
