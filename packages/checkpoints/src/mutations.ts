import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ndarray, sizeOf, zeros } from '@cascade-diffusion/arrays'
import { readNpz } from './npy.ts'
import { readCheckpoint } from './open-checkpoint.ts'
import { readPyTorch } from './pytorch.ts'
import { readSafetensors } from './safetensors-read.ts'
import { writeSafetensors } from './safetensors-write.ts'
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

/** A file's bytes that are not zero: most of an HDF5 file is room for more. */
const filledPlaces = (file: Uint8Array) => [...file.keys()].filter((i) => file[i] !== 0)

/** As {@link mutate}, but where there is something; also writes one number of 8 bytes, such as an address, over another. */
function mutateFilled(good: Uint8Array, places: readonly number[], next: (below: number) => number): Uint8Array {
  if (next(10) === 0) return mutate(good, next)
  const bytes = Uint8Array.from(good)
  const place = () => places[next(places.length)]!
  const copy = (to: number, from: number, length: number) => bytes.copyWithin(to, from, from + length)
  for (let n = 1 + next(3); n > 0; n--) {
    const kind = next(4)
    if (kind === 0) bytes[place()]! ^= 1 << next(8)
    else if (kind === 1) bytes[place()] = [0, 1, 2, 255, 127, 128][next(6)]!
    else if (kind === 2) copy(place() & ~7, place() & ~7, 8)
    else copy(place(), place(), 1 + next(8))
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

/** A kind of damaged files, and how they are read. */
export interface Mutations {
  readonly name: string
  /** How many mutations are of this kind, beside the other kinds' shares. */
  readonly share: number
  readonly make: (next: (below: number) => number) => Uint8Array
  readonly read: (bytes: Uint8Array) => Promise<Record<string, Read>>
}

const written = await writtenFile()
const hdf5 = fixture('hdf5-small.h5')
const hdf5Places = filledPlaces(hdf5)
const newHdf5 = fixture('hdf5-latest.h5')
const newHdf5Places = filledPlaces(newHdf5)
const safetensors = async (bytes: Uint8Array) => (await readSafetensors(bytes)).tensors

export const mutations: readonly Mutations[] = [
  { name: 'safetensors with a checksum', share: 5, make: (next) => mutate(written, next), read: safetensors },
  { name: 'safetensors without', share: 18, make: (next) => mutate(foreign, next), read: safetensors },
  { name: 'npz', share: 12, make: (next) => mutate(fixture('arrays-compressed.npz'), next), read: readNpz },
  {
    name: 'npy in a sound archive',
    share: 12,
    make: (next) => zipOf({ 'a.npy': mutate(npyBytes, next) }),
    read: readNpz,
  },
  { name: 'pt', share: 12, make: (next) => mutate(fixture('nested.pt'), next), read: readPyTorch },
  {
    name: 'pt of before torch 1.6',
    share: 11,
    make: (next) => mutate(fixture('nested-legacy.pt'), next),
    read: readPyTorch,
  },
  { name: 'a pickle in a sound archive', share: 30, make: pickleMutations, read: readPyTorch },
  { name: 'HDF5', share: 18, make: (next) => mutateFilled(hdf5, hdf5Places, next), read: readCheckpoint },
  {
    name: 'HDF5 in its newest form',
    share: 4,
    make: (next) => mutateFilled(newHdf5, newHdf5Places, next),
    read: readCheckpoint,
  },
  {
    name: 'HDF5 in a sound .keras archive',
    share: 4,
    make: (next) => zipOf({ 'model.weights.h5': mutateFilled(hdf5, hdf5Places, next) }),
    read: readCheckpoint,
  },
]

/** What came of damaged files. */
export interface Outcome {
  readonly loaded: number
  readonly refused: number
  /** The longest that one took, in milliseconds. */
  readonly slowest: number
}

/**
 * Reads so many damaged files, the same ones for the same seed.
 * @throws if one does anything but load or be refused by an error of ours, or makes more than its size warrants.
 */
export async function readDamaged({ name, make, read }: Mutations, count: number, seed: number): Promise<Outcome> {
  const next = xorshift(seed)
  let loaded = 0
  let slowest = 0
  for (let i = 0; i < count; i++) {
    const bytes = make(next)
    const start = performance.now()
    const result = await read(bytes).catch((error: unknown) => error)
    slowest = Math.max(slowest, performance.now() - start)
    if (result instanceof Error) {
      if (foreignErrors.some((kind) => result instanceof kind || result.cause instanceof kind))
        throw new Error(`${name}: mutation ${i} of seed ${seed}: ${result.message}`, { cause: result })
      continue
    }
    loaded++
    for (const [key, { shape, data }] of Object.entries(result as Record<string, Read>))
      if (data.length !== sizeOf(shape) || data.byteLength > 1100 * bytes.length)
        throw new Error(`${name}: mutation ${i} of seed ${seed}: '${key}' [${shape}] has ${data.byteLength} bytes`)
  }
  return { loaded, refused: count - loaded, slowest }
}

/** Errors that the language throws by itself, not we. */
const foreignErrors = [RangeError, ReferenceError, TypeError]
