import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { cachedBytes } from './cached-bytes.ts'

const bytes = Uint8Array.from({ length: 1e6 }, (_, i) => i % 251)

test('several at once all get the bytes, and the file is whole', async () => {
  const path = join(temporaryFolder(), 'deep', 'file')
  const make = async () => bytes.slice()
  for (const given of await Promise.all(Array.from({ length: 8 }, () => cachedBytes(path, make))))
    expect(Buffer.compare(given, bytes)).toBe(0)
  expect(Buffer.compare(readFileSync(path).subarray(32), bytes)).toBe(0)
  expect(readdirSync(dirname(path))).toEqual(['file'])
  const never = () => Promise.reject(new Error('made again'))
  expect(Buffer.compare(await cachedBytes(path, never), bytes)).toBe(0)
})
