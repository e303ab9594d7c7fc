import { readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCascadeError } from '@cascade-diffusion/checks'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readEncoded, readEncodedSync } from '../sources/read-encoded.ts'
import { tarShards } from './tar-shards.ts'
import { writeTar } from './write-tar.ts'

const entries = ['n/1.jpg', 'n/1.cls', 'n/2.cls', 'n/2.jpg'].map((name, i) => ({ name, bytes: Buffer.from(`${i}`) }))
const wanted = [
  { name: 'n/1.jpg', offset: 512, length: 1, label: 1 },
  { name: 'n/2.jpg', offset: 3584, length: 1, label: 2 },
]

const path = join(temporaryFolder(), 'a.tar')
await writeTar(path, entries)
const whole = readFileSync(path)

/** What is read of the file: its images, or the error. */
async function outcome(): Promise<unknown> {
  try {
    const source = await tarShards(path, { label: 'cls' })
    const { images, labels } = await source.encoded.locate([0, 1])
    return images.map((image, i) => ({
      ...image,
      path: undefined,
      version: undefined,
      name: image.name.slice(path.length + 2),
      label: labels?.[i],
    }))
  } catch (error) {
    return isCascadeError(error) ? `${error.code} ${error.message}` : error
  }
}

test('a shard that is cut at any place is an error that names the place, unless nothing is missing', async () => {
  // The entries end at 4096; the rest are zeros.
  for (let length = 6144; length >= 0; length--) {
    // Every place near the ends of blocks, and some others.
    if (length % 512 > 2 && length % 512 < 510 && length % 7 > 0) continue
    truncateSync(path, length)
    const found = await outcome()
    if (length > 4096) expect(found).toEqual(wanted)
    else expect([length, found]).toEqual([length, expect.stringMatching(/^data .*a\.tar: expected .* at \d+/)])
  }
})

test('a header with any byte changed is an error, or the samples are the same', async () => {
  let same = 0
  for (let at = 0; at < 4096; at++) {
    // All of the first header, and a third of the others.
    if (at % 1024 >= 512 || (at > 512 && at % 3 > 0)) continue
    const bytes = Buffer.from(whole)
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8))
    writeFileSync(path, bytes)
    const found = await outcome()
    if (typeof found === 'string')
      expect([at, found]).toEqual([
        at,
        expect.stringContaining(`a.tar: expected a header of a tar at ${at - (at % 1024)}`),
      ])
    else {
      expect([at, found]).toEqual([at, wanted])
      same++
    }
  }
  // Blanks around the checksum.
  expect(same).toBeLessThan(16)
})

/** A header with fields replaced, and its checksum made right. */
function edited(edit: (header: Buffer) => void): Buffer {
  const bytes = Buffer.from(whole)
  const header = bytes.subarray(0, 512)
  edit(header)
  header.fill(' ', 148, 156)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return bytes
}

const record = (text: string) =>
  edited((header) => {
    header.write('x', 156)
    whole.copy(header, 0, 0, 100)
    header.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124)
  }).fill(text, 512, 512 + text.length)

test.each([
  [
    'a size that is no number',
    edited((header) => header.write('0000000000x', 124)),
    "expected a size at 0, got '0000000000x'",
  ],
  ['a negative size', edited((header) => header.fill(0xff, 124, 136)), 'expected a size at 0'],
  ['a size above 2^53', edited((header) => header.fill(0x80, 124, 136)), 'expected a size at 0'],
  [
    'a size beyond the file',
    edited((header) => header.write('77777777777', 124)),
    "expected 8589934591 bytes of 'n/1.jpg' at 512",
  ],
  ['a sparse file', edited((header) => header.write('S', 156)), 'a sparse file at 0'],
  [
    'a long name of 8 GiB',
    edited((header) => header.write('77777777777', 124) && header.write('L', 156)),
    'expected an extended header of at most 65536 bytes at 0',
  ],
  [
    'a long pax header',
    edited((header) => header.write('77777777777', 124) && header.write('x', 156)),
    'expected an extended header of at most 1048576 bytes at 0',
  ],
  ['a pax size beyond the file', record('21 size=999999999999\n'), "expected 999999999999 bytes of 'n/1.cls' at 1536"],
  ['a pax size that is no number', record('11 size=1e\n'), "expected a pax record at 512, got 'size=1e'"],
  ['a pax record that is too long', record('99 path=a\n'), 'expected a pax record at 512'],
  ['a pax record of no length', record('path=a\n'), 'expected a pax record at 512'],
  ['a pax record without a value', record('8 path\n\n'), 'expected a pax record at 512'],
  ['a sparse file by pax', record('22 GNU.sparse.major=1\n'), 'a sparse file at 1024'],
  [
    'zeros after an extended header',
    record('11 path=ab\n').fill(0, 1024),
    'expected the header that an extended one belongs to at 1024, got zeros',
  ],
])('%s', async (_, bytes, message) => {
  writeFileSync(path, bytes)
  expect(await outcome()).toEqual(expect.stringContaining(message))
})

test('a shard may begin as a compressed file does', async () => {
  const odd = join(temporaryFolder(), 'bz.tar')
  await writeTar(odd, [{ name: 'BZh91.jpg', bytes: Buffer.from('1') }])
  expect((await tarShards(odd)).count).toBe(1)
  writeFileSync(odd, Buffer.concat([Buffer.from('BZh91AY&SY'), Buffer.alloc(1000, 1)]))
  await expect(tarShards(odd)).rejects.toMatchObject({ code: 'unsupported' })
})

test('a shard that has changed since it was opened is not read, nor is an index outside', async () => {
  const changed = join(temporaryFolder(), 'changed.tar')
  writeFileSync(changed, whole)
  const source = await tarShards(changed)
  for (const index of [source.count, 0.5, -1, Number.NaN])
    await expect(source.encoded.locate([index])).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining(`expected indices from 0 to 1 of ${changed}, got ${index}`),
    })
  const { images } = await source.encoded.locate([0])
  expect(await readEncoded(images[0]!)).toHaveLength(1)
  utimesSync(changed, 1, 1)
  const message = 'changed.tar: n/1.jpg: could not be read: expected the file as it was opened'
  await expect(readEncoded(images[0]!)).rejects.toThrow(message)
  expect(() => readEncodedSync(images[0]!)).toThrow(message)
})

test('a long tail of zeros is not read to its end', async () => {
  const long = join(temporaryFolder(), 'long.tar')
  writeFileSync(long, whole)
  truncateSync(long, 2 ** 40)
  await expect(tarShards(long)).rejects.toThrow(`long.tar: expected at most ${2 ** 26} zeros`)
})
