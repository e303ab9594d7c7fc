import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { portableSha256, sha256 } from './sha256.ts'

const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => (i * i * 7 + i) % 251)
const expected = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')

test('SHA-256 in JavaScript gives the digests of Node.js, at every length around its blocks', () => {
  for (const length of [...Array(200).keys(), bytes.length]) {
    const hash = portableSha256()
    hash.update(bytes.subarray(0, length))
    expect(hash.digest()).toBe(expected(bytes.subarray(0, length)))
  }
})

test.each([1, 63, 64, 65, 1000])('in pieces of %i bytes, which begin anywhere in their memory', (piece) => {
  for (const hash of [portableSha256(), sha256()]) {
    for (let at = 3; at < bytes.length; at += piece) hash.update(bytes.subarray(at, at + piece))
    expect(hash.digest()).toBe(expected(bytes.subarray(3)))
  }
})
