import { expect, test } from 'vitest'
import { readPyTorch } from './pytorch.ts'

const magic = '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.'

test.each([
  ['a number', 'M\xe8\x03', 'got 1000'],
  ['a list within itself', ']q\x00h\x00a', 'got none'],
  ['lists within lists', ']'.repeat(200_000) + 'a'.repeat(199_999), 'got none'],
])('%s in place of the protocol is refused', async (_, pickle, got) => {
  const bytes = new Uint8Array(Buffer.from(`${magic}\x80\x02${pickle}.${'\0'.repeat(50)}`, 'latin1'))
  await expect(readPyTorch(bytes)).rejects.toThrow(`expected protocol 1001, ${got}`)
})
