import { expect, test } from 'vitest'
import { logOfWord, normalPair } from './normal-pair.ts'

// The ends, the powers of two and their neighbours, the turn at √2, and words between.
const words = [0, 0xffffffff, 0xfffffffe, Math.round(2 ** 31.5), 0xb504f333]
for (let e = 0; e < 32; e++) words.push(2 ** e, 2 ** e - 1, 2 ** e + 1)
for (let i = 0; i < 2000; i++) words.push((i * 2654435761) >>> 0)

test('logOfWord is the natural logarithm of (word + 1/2) / 2^32', () => {
  for (const word of words) {
    const expected = Math.log1p((word + 0.5 - 2 ** 32) / 2 ** 32)
    expect(Math.abs(logOfWord(word) - expected)).toBeLessThan(4e-12)
    expect(logOfWord(word)).toBeLessThan(0)
  }
})

test('normalPair is a rotation by the quarter and the angle of the second word, with the radius of the first', () => {
  const out = new Float32Array(2)
  for (const word of words) {
    normalPair(12345, word, out, 0)
    const radius = Math.sqrt(-2 * Math.log(12345.5 / 2 ** 32))
    // The polynomials run over each quarter turn from its middle: the whole circle is turned by π/4.
    const angle = (2 * Math.PI * word) / 2 ** 32 - Math.PI / 4
    expect(Math.abs(out[0]! - radius * Math.cos(angle))).toBeLessThan(5e-7)
    expect(Math.abs(out[1]! - radius * Math.sin(angle))).toBeLessThan(5e-7)
  }
})

test('normalPair skips places outside the array', () => {
  const pair = new Float32Array(2)
  normalPair(7, 9, pair, 0)
  const one = new Float32Array(1)
  normalPair(7, 9, one, -1)
  expect(one[0]).toBe(pair[1])
  normalPair(7, 9, one, 0)
  expect(one[0]).toBe(pair[0])
})
