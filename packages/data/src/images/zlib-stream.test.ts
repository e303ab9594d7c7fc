import { inflateSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { decodeImage } from '../decode/decode-image.ts'
import { encodePng } from './png.ts'
import { storedStream } from './zlib-stream.ts'

test('zlib reads stored blocks back, one or several, full or not', () => {
  for (const length of [0, 1, 0xfffe, 0xffff, 0x10000, 200_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 257)
    expect(Buffer.compare(inflateSync(storedStream(bytes)), bytes)).toBe(0)
  }
})

test('a picture that was encoded without zlib is decoded to the same pixels', async () => {
  const image = { shape: [40, 30, 3], data: Uint8Array.from({ length: 3600 }, (_, i) => (i * i) % 256) }
  const compressed = encodePng(image)
  const builtin = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
  const stored = encodePng(image)
  builtin.mockRestore()
  expect(stored.length).toBeGreaterThan(3600)
  expect(stored.length).not.toBe(compressed.length)
  expect(await decodeImage(stored)).toEqual(image)
})
