import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ndarray, sizeOf, zeros } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { readNpz } from './npy.ts'
import { readPyTorch } from './pytorch.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import { fixture, temporaryFolder, zipOf } from './test-support.ts'

/** Marsaglia's xorshift32: enough to choose mutations, the same in every run. */
function xorshift(seed: number): (below: number) => number {
  let x = seed
  return (below) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
}

/** Flips, overwrites, cuts, doubles or removes a few pieces. */
function mutate(good: Uint8Array, next: (below: number) => number): Uint8Array {
  let bytes = Uint8Array.from(good)
  for (let n = 1 + next(4); n > 0 && bytes.length > 0; n--) {
    const at = next(bytes.length)
    const length = 1 + next(16)
    const kind = next(8)
    if (kind <= 2) bytes[at]! ^= 1 << next(8)
    else if (kind === 3) bytes[at] = [0, 255, 127, 128][next(4)]!
    else if (kind === 4) bytes = bytes.slice(0, at)
    else if (kind === 5) bytes.fill(255, at, at + length)
    else if (kind === 6)
      bytes = new Uint8Array([...bytes.slice(0, at), ...bytes.slice(at, at + length), ...bytes.slice(at)])
    else bytes = new Uint8Array([...bytes.slice(0, at), ...bytes.slice(at + length)])
  }
  return bytes
}

interface Read {
  readonly shape: readonly number[]
  readonly data: { readonly length: number; readonly byteLength: number }
}

/** The pickle alone is mutated, in an archive whose checksums fit, so that the mutations reach the unpickler. */
function pickleMutations(next: (below: number) => number): Uint8Array {
  const data = new Uint8Array(96)
  const name = 'X\x01\0\0\0'
  const storage = `(X\x07\0\0\0storagectorch\nFloatStorage\n${name}0X\x03\0\0\0cpuK\x18tQ`
  const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x02K\x02K\x03\x86K\x06K\x02\x86\x89ccollections\nOrderedDict\n)RtRq\x01`
  const pickle = `\x80\x02ccollections\nOrderedDict\n)R(${name}a${tensor}${name}b](h\x01}${name}ch\x01seu.`
  return zipOf({ 'm/data.pkl': mutate(Buffer.from(pickle, 'latin1'), next), 'm/data/0': data })
}

async function writtenFile(): Promise<Uint8Array> {
  const path = join(temporaryFolder(), 'a.safetensors')
  await writeSafetensors(path, { a: zeros([3, 4]), b: ndarray(Uint8Array.of(1, 0), [2]) }, { step: '12' })
  return readFileSync(path)
}

const rawNpy = "\x93NUMPY\x01\0\x3a\0{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), } \n"
const npyBytes = new Uint8Array([...Buffer.from(rawNpy, 'latin1'), ...new Uint8Array(24)])
const unchecked = new TextEncoder().encode('{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}')
const foreign = new Uint8Array([unchecked.length, 0, 0, 0, 0, 0, 0, 0, ...unchecked, ...new Uint8Array(24)])

test.each<
  [string, number, (next: (below: number) => number) => Uint8Array, (b: Uint8Array) => Promise<Record<string, Read>>]
>([
  [
    'safetensors with a checksum',
    500,
    (next) => mutate(written, next),
    async (b) => (await readSafetensors(b)).tensors,
  ],
  ['safetensors without', 1500, (next) => mutate(foreign, next), async (b) => (await readSafetensors(b)).tensors],
  ['npz', 1000, (next) => mutate(fixture('arrays-compressed.npz'), next), readNpz],
  ['npy in a sound archive', 1000, (next) => zipOf({ 'a.npy': mutate(npyBytes, next) }), readNpz],
  ['pt', 1000, (next) => mutate(fixture('nested.pt'), next), readPyTorch],
  ['a pickle in a sound archive', 3000, pickleMutations, readPyTorch],
])('%s: %d mutations load or throw an Error, and nothing large is ever made', async (_, count, make, read) => {
  const next = xorshift(20211)
  let loaded = 0
  for (let i = 0; i < count; i++) {
    const bytes = make(next)
    const result = await read(bytes).catch((error: unknown) => error)
    if (result instanceof Error) {
      expect(result.cause).not.toBeInstanceOf(RangeError)
      continue
    }
    loaded++
    for (const { shape, data } of Object.values(result as Record<string, Read>)) {
      expect(data.length).toBe(sizeOf(shape))
      expect(data.byteLength).toBeLessThanOrEqual(1100 * bytes.length)
    }
  }
  expect(loaded).toBeLessThan(count)
})

const written = await writtenFile()
