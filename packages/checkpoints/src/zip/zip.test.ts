import { expect, test } from 'vitest'
import { withSource } from '../sources/open-source.ts'
import { fixture, zipOf } from '../test-support.ts'
import { openZip } from './zip.ts'

const readAll = (bytes: Uint8Array) =>
  withSource(bytes, async (source) => {
    const zip = await openZip(source)
    const entries: [string, Uint8Array][] = []
    for (const name of zip.names) entries.push([name, await zip.read(name)])
    return Object.fromEntries(entries)
  })

const text = (value: string) => new TextEncoder().encode(value)

test('reads stored entries, a comment after the end included', async () => {
  const entries = { a: text('one'), 'b/c': text(''), d: text('PK\x05\x06') }
  expect(await readAll(zipOf(entries))).toEqual(entries)
  const zip = zipOf(entries)
  zip[zip.length - 2] = 4
  expect(await readAll(new Uint8Array([...zip, ...text('note')]))).toEqual(entries)
})

test('a changed byte of an entry fails its checksum', async () => {
  const zip = zipOf({ a: text('unmistakable') })
  zip[Buffer.from(zip).indexOf('unmistakable')]! ^= 1
  await expect(readAll(zip)).rejects.toThrow("zip: entry 'a' is corrupt: expected CRC-32")
})

test('cut archives, other formats and missing entries are refused', async () => {
  const zip = zipOf({ a: text('one') })
  await expect(readAll(zip.subarray(0, -1))).rejects.toThrow('found no end record')
  await expect(readAll(zip.subarray(1))).rejects.toThrow('zip: expected signature')
  await expect(readAll(new Uint8Array())).rejects.toThrow('expected a zip archive')
  await expect(withSource(zip, async (s) => (await openZip(s)).read('b'))).rejects.toThrow("expected an entry 'b'")
})

test('an entry that inflates beyond its stated size stops there', async () => {
  const zip = fixture('arrays-compressed.npz')
  const central = Buffer.from(zip).indexOf('PK\x01\x02')
  new DataView(zip.buffer).setUint32(central + 24, 16, true)
  await expect(readAll(zip)).rejects.toThrow('does not inflate')
  const start = (bytes: number) => withSource(zip, async (s) => (await openZip(s)).readStart('float64.npy', bytes))
  await expect(start(128)).rejects.toThrow("zip: entry 'float64.npy' does not inflate")
})

test('the start of an entry, stored or packed, verifies nothing', async () => {
  const [stored, packed] = [fixture('arrays.npz'), fixture('arrays-compressed.npz')]
  const start = (zip: Uint8Array) => withSource(zip, async (s) => (await openZip(s)).readStart('uint8.npy', 100))
  expect(await start(stored)).toHaveLength(100)
  expect([...(await start(packed)).subarray(0, 100)]).toEqual([...(await start(stored))])
  expect(await start(zipOf({ 'uint8.npy': text('abc') }))).toEqual(text('abc'))
  await expect(start(zipOf({ a: text('abc') }))).rejects.toThrow("expected an entry 'uint8.npy'")
})

test('entries that together claim more than the file, as bombs do, are refused', async () => {
  const zip = zipOf({ a: new Uint8Array(100) })
  const central = Buffer.from(zip).indexOf('PK\x01\x02')
  new DataView(zip.buffer).setUint32(central + 20, 0x7fffffff, true)
  await expect(readAll(zip)).rejects.toThrow(`entries have 2147483647 bytes in a file of ${zip.length}`)
})
