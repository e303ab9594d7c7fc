import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { openSource } from '../sources/open-source.ts'
import { openZip } from '../zip/zip.ts'
import { readNpz } from './npy.ts'
import { parseNpyHeader } from './npy-header.ts'
import { npzLayout } from './npz-layout.ts'

/** The file of the values, which are written in pieces, the last ones first. */
function fileOf(arrays: Parameters<typeof npzLayout>[0], values: readonly Uint8Array[]): Uint8Array {
  const layout = npzLayout(arrays)
  const file = new Uint8Array(layout.size).fill(0xee)
  for (const [i, { position }] of layout.places.entries()) {
    const bytes = values[i] as Uint8Array
    const half = bytes.length >> 1
    file.set(bytes.subarray(half), position + half)
    file.set(bytes.subarray(0, half), position)
  }
  const crcs = layout.places.map(({ crc }, i) => crc32(values[i] as Uint8Array, crc))
  for (const { position, bytes } of layout.frame(crcs)) file.set(bytes, position)
  return file
}

const bytes = (n: number, step: number) => Uint8Array.from({ length: n }, (_, i) => i * step)

test('images and labels are read as they were written, checksums included', async () => {
  const labels = BigInt64Array.of(3n, -1n, 1n << 40n)
  const file = fileOf(
    [
      { name: 'arr_0', type: 'uint8', shape: [3, 2, 2, 3] },
      { name: 'arr_1', type: 'int64', shape: [3] },
    ],
    [bytes(36, 7), new Uint8Array(labels.buffer)],
  )
  const { arr_0: images, arr_1: read, ...rest } = await readNpz(file)
  expect(images).toEqual({ dtype: 'uint8', shape: [3, 2, 2, 3], data: bytes(36, 7) })
  expect(read).toEqual({ dtype: 'int64', shape: [3], data: labels })
  expect(rest).toEqual({})
  expect(npzLayout([{ name: 'a', type: 'uint8', shape: [1] }]).places[0]!.position % 64).toBe(35)
  const damaged = Uint8Array.from(file)
  damaged[200]! ^= 1
  await expect(readNpz(damaged)).rejects.toThrow("entry 'arr_0.npy' is corrupt: expected CRC-32")
})

test('the fields are those of a zip archive that Python makes of the same entry', () => {
  // zipfile.ZipInfo('a.npy') of Python 3.11 with what numpy.save wrote of np.arange(4, dtype='u1'), create_version 45,
  // create_system 0 and external_attr 0; but for the CRC-32
  const [header, local, end] = npzLayout([{ name: 'a', type: 'uint8', shape: [4] }]).frame([0x12345678])
  expect(new TextDecoder('latin1').decode(header!.bytes)).toBe(
    `\x93NUMPY\x01\x00v\x00${"{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }".padEnd(117)}\n`,
  )
  expect(Buffer.from(local!.bytes).toString('hex')).toBe(
    '504b03041400000000000000210078563412840000008400000005000000612e6e7079',
  )
  expect(Buffer.from(end!.bytes).toString('hex')).toBe(
    '504b01022d001400000000000000210078563412840000008400000005000000000000000000000000000000000' +
      '0612e6e7079504b0506000000000100010033000000a70000000000',
  )
})

test('beyond 4 GiB: the directory of a sparse file leads to every array', async () => {
  const path = join(temporaryFolder(), 'large.npz')
  const arrays = [
    { name: 'arr_0', type: 'uint8', shape: [100_000, 128, 128, 3] },
    { name: 'arr_1', type: 'int64', shape: [100_000] },
  ] as const
  const layout = npzLayout(arrays)
  const file = await open(path, 'w')
  await file.truncate(layout.size)
  for (const { position, bytes } of layout.frame([1, 2])) await file.write(bytes, 0, bytes.length, position)
  await file.close()
  const source = await openSource(path)
  const zip = await openZip(source)
  for (const { name, type, shape } of arrays) {
    const size = zip.sizeOf(`${name}.npy`)
    expect(size).toBe(128 + (type === 'uint8' ? 100_000 * 128 * 128 * 3 : 800_000))
    expect(parseNpyHeader(await zip.readStart(`${name}.npy`, 128), size)).toMatchObject({ type, shape, offset: 128 })
  }
  await source.close()
})
