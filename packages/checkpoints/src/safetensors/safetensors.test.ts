import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { float32, int32, ndarray } from '@cascade-diffusion/arrays'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { describe, expect, test } from 'vitest'
import { expected, fixturePath, toNumber } from '../test-support.ts'
import { readSafetensors } from './safetensors-read.ts'
import { writeSafetensors } from './safetensors-write.ts'

const tensors = {
  flag: ndarray(Uint8Array.of(1, 0, 1), [3]),
  'layer.weight': float32([1.5, -2, 3, 4], [2, 2]),
  scalar: float32(7),
  steps: int32([1, -2]),
  empty: float32([], [0, 4]),
}

/** A file by the specification, written here by hand: 8 bytes of length, JSON, data. */
function file(header: unknown, data: Uint8Array = new Uint8Array(8)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const length = new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer)
  return new Uint8Array([...length, ...text, ...data])
}

test('reads what the safetensors library wrote, every element type converted as PyTorch does', async () => {
  const { tensors, metadata } = await readSafetensors(fixturePath('tensors.safetensors'))
  expect(metadata).toEqual({ format: 'pt' })
  expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected.tensors).sort())
  for (const [name, { shape, values }] of Object.entries(expected.tensors)) {
    expect(tensors[name]?.shape).toEqual(shape)
    expect([...tensors[name]!.data]).toEqual(values.map(toNumber))
  }
})

describe('writeSafetensors', () => {
  test('gives back what it was given', async () => {
    const path = join(temporaryFolder(), 'a.safetensors')
    const metadata = { kind: 'test', config: '{"quoted \\" sha256":"0"}', note: 'ünïcode' }
    await writeSafetensors(path, tensors, metadata)
    const read = await readSafetensors(path)
    expect(read).toEqual({ tensors, metadata })
  })

  test('writes the specified layout: data aligned, in the order of the offsets, and a digest anyone can recompute', async () => {
    const path = join(temporaryFolder(), 'a.safetensors')
    await writeSafetensors(path, tensors)
    const bytes = readFileSync(path)
    const length = Number(bytes.readBigUInt64LE(0))
    expect(length % 8).toBe(0)
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString())
    expect(header['layer.weight']).toEqual({ dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] })
    expect(header.flag).toEqual({ dtype: 'BOOL', shape: [3], data_offsets: [28, 31] })
    expect(bytes.readFloatLE(8 + length + 4)).toBe(-2)
    const digest = header.__metadata__.sha256
    const blank = Buffer.from(bytes.toString('latin1').replace(digest, '0'.repeat(64)), 'latin1')
    expect(createHash('sha256').update(blank).digest('hex')).toBe(digest)
  })

  test('leaves no other file behind, and replaces an older one', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.safetensors')
    await writeSafetensors(path, { w: float32([1]) })
    await writeSafetensors(path, { w: float32([2]) })
    expect(readdirSync(folder)).toEqual(['a.safetensors'])
    expect((await readSafetensors(path)).tensors.w?.data[0]).toBe(2)
  })

  test('refuses reserved names and shapes that do not fit', async () => {
    await expect(writeSafetensors('never', {}, { sha256: '' })).rejects.toThrow("'sha256' is reserved")
    await expect(writeSafetensors('never', { __metadata__: float32(1) })).rejects.toThrow('cannot be named')
    const wrong = { dtype: 'float32' as const, shape: [3], data: Float32Array.of(1) }
    await expect(writeSafetensors('never', { wrong })).rejects.toThrow("'wrong' [3] holds 3 values, got 1")
  })
})

test('keeps only the tensors asked for, and verifies all of them', async () => {
  const path = join(temporaryFolder(), 'a.safetensors')
  await writeSafetensors(path, tensors)
  const keep = (name: string) => name === 'steps'
  expect((await readSafetensors(path, { keep })).tensors).toEqual({ steps: tensors.steps })
  const bytes = readFileSync(path)
  bytes[bytes.length - 1]! ^= 1
  await expect(readSafetensors(bytes, { keep })).rejects.toThrow('corrupt')
})

test('a change of any single byte of a written file is noticed', async () => {
  const path = join(temporaryFolder(), 'a.safetensors')
  await writeSafetensors(path, { a: float32([1, 2]), b: float32([3, 4]) }, { step: '1000' })
  const good = readFileSync(path)
  const key = good.indexOf('sha256')
  for (let i = 0; i < good.length; i++) {
    // Damage to the digest's own name makes it an unknown key; everything else is then as it was.
    if (i >= key && i < key + 6) continue
    const bad = Uint8Array.from(good)
    bad[i]! ^= 1
    await expect(readSafetensors(bad)).rejects.toThrow('safetensors bytes')
  }
})

test('every cut of a file is refused', async () => {
  const path = join(temporaryFolder(), 'a.safetensors')
  await writeSafetensors(path, { a: float32([1, 2]) })
  const good = readFileSync(path)
  for (let length = 0; length < good.length; length++)
    await expect(readSafetensors(good.subarray(0, length))).rejects.toThrow(Error)
  writeFileSync(path, good.subarray(0, -1))
  await expect(readSafetensors(path)).rejects.toThrow(
    `safetensors ${path}: expected 8 bytes of data after the header, got 7`,
  )
})

const f32 = (shape: unknown, ...offsets: unknown[]) => ({ dtype: 'F32', shape, data_offsets: offsets })

test.each([
  [
    'a length beyond the file',
    new Uint8Array([255, 0, 0, 0, 0, 0, 0, 0, 123, 125]),
    'header of at most 2 bytes, got a length of 255',
  ],
  ['a header that is no JSON', file('{"a"'), "expected JSON: ':' at line 1, column 5, got the end"],
  ['a header that is a list', file('[]'), 'the header: expected a JSON object, got []'],
  [
    'an unknown element type',
    file({ a: { ...f32([2], 0, 8), dtype: 'F4' } }),
    'numbers of F4 are not read, only F64, F32,',
  ],
  ['a shape of fractions', file({ a: f32([1.5], 0, 8) }), "tensor 'a': expected a shape, got [1.5]"],
  ['a negative shape', file({ a: f32([-2], 0, 8) }), 'expected a shape, got [-2]'],
  ['one offset', file({ a: f32([2], 0) }), 'expected two data offsets, got [0]'],
  ['offsets that do not fit the shape', file({ a: f32([3], 0, 8) }), 'expected 12 bytes for F32 [3], got 8'],
  ['a shape beyond counting', file({ a: f32([2 ** 52, 2 ** 52], 0, 8) }), 'got 8'],
  ['data beyond the file', file({ a: f32([4], 0, 16) }), 'expected 16 bytes of data after the header, got 8'],
  ['data that no tensor owns', file({ a: f32([1], 0, 4) }), 'expected 4 bytes of data after the header, got 8'],
  ['overlapping tensors', file({ a: f32([2], 0, 8), b: f32([1], 4, 8) }), "'b': expected its data to begin at 8"],
  ['a gap between tensors', file({ a: f32([0], 0, 0), b: f32([1], 4, 8) }), "'b': expected its data to begin at 0"],
  [
    'metadata of numbers',
    file({ __metadata__: { step: 1 } }, new Uint8Array()),
    "metadata 'step': expected a string, got 1",
  ],
  [
    'integers beyond int32',
    file({ a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0)),
    "tensor 'a': expected int64 values within the int32 range, got 4294967296",
  ],
])('refuses %s', async (_, bytes, message) => {
  await expect(readSafetensors(bytes)).rejects.toThrow(message)
})

test('a file that is not there is an error that names it', async () => {
  await expect(readSafetensors('/nowhere/a.safetensors')).rejects.toThrow('/nowhere/a.safetensors')
})
