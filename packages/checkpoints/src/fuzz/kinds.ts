import {
  damageBytes,
  damageFilled,
  damageNumbers,
  type Field,
  filledPlaces,
  type Next,
  oneOf,
} from '@cascade-diffusion/testing'
import { parseNpy, readNpz } from '../numpy/npy.ts'
import { openCheckpoint, readCheckpoint } from '../open-checkpoint.ts'
import { readPyTorch } from '../pytorch/pytorch.ts'
import { readSafetensors } from '../safetensors/safetensors-read.ts'
import { fixture, zipOf } from '../test-support.ts'
import { damageJson, jsonBytes } from './damage-json.ts'
import { damageFolder, type Folder } from './folder.ts'
import { damagedOdd, damagedPickle, damagedTraining, oddLegacy, oddPyTorch } from './pickles.ts'
import type { DamagedKind, Read } from './read-damaged.ts'
import {
  hdf5,
  kerasJson,
  kerasShards,
  legacy,
  mixedShards,
  newHdf5,
  npyBytes,
  npz,
  oddTypes,
  pytorch,
  safetensorsShards,
  samples,
  sound,
  tfjs,
  threeTensors,
  unchecked,
  withHeader,
  written,
} from './samples.ts'
import { zipFields } from './zip-fields.ts'

type Reader = (bytes: Uint8Array) => Promise<Readonly<Record<string, Read>>>

const readTensors: Reader = async (bytes) => (await readSafetensors(bytes)).tensors

/** A kind of damaged single files. */
function file(name: string, share: number, read: Reader, make: (next: Next) => Uint8Array): DamagedKind {
  const one = (bytes: Uint8Array) => ({ bytes: bytes.length, read: () => read(bytes) })
  return { name, share, make: (next) => one(make(next)) }
}

const folder = (name: string, share: number, good: Folder): DamagedKind => ({
  name,
  share,
  make: (next) => damageFolder(good, next),
})

const headerLength: readonly Field[] = [{ at: 0, width: 8 }]

/** A NumPy array whose header has another type, order or shape. */
function oddNpy(next: Next): Uint8Array {
  const shape = Array.from({ length: next(4) }, () => oneOf([0, 1, 2, 3, 6, -1, 1e9, 2 ** 32, 2 ** 53, 1e21], next))
  const type = oneOf(['<f4', '<f8', '<i8', '<i4', '|b1', '|u1', '>f4', '|O', '<f2', '<U4', '>u2', '<u8'], next)
  const order = oneOf(['True', 'False', 'None'], next)
  const header = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')}), }\n`
  const length = next(8) === 0 ? oneOf([0, 65535, header.length + 24, 12], next) : header.length
  const start = [0x93, ...Buffer.from('NUMPY'), 1 + next(4), 0, length & 255, length >> 8]
  return new Uint8Array([...start, ...Buffer.from(header), ...new Uint8Array(oneOf([0, 4, 8, 24, 48], next))])
}

/** Damages the numbers of an archive. */
function oddZip(good: Uint8Array): (next: Next) => Uint8Array {
  const fields = zipFields(good)
  return (next) => damageNumbers(good, fields, next)
}

const hdf5Places = filledPlaces(hdf5)
const newHdf5Places = filledPlaces(newHdf5)
const oddHdf5 = fixture('odd.h5')
const oddHdf5Places = filledPlaces(oddHdf5)

const readers: readonly Reader[] = [
  readCheckpoint,
  readTensors,
  readNpz,
  readPyTorch,
  async (bytes) => ({ array: parseNpy(bytes) }),
]

/** Reads tensors one by one, and checks their announced types and shapes. */
const readEach: Reader = async (bytes) => {
  const file = await openCheckpoint(bytes)
  const arrays: [string, Read][] = []
  // Sound archives of NumPy may have integers in `int64` that are out of range.
  for (const name of [...file.names, ...file.unreadable.keys()].filter((name) => name !== 'int64')) {
    const array = await file.read(name)
    if (`${file.shape(name)}` !== `${array.shape}` || file.dtype(name) !== array.dtype)
      throw new TypeError(`'${name}' is ${array.dtype} [${array.shape}], was ${file.dtype(name)} [${file.shape(name)}]`)
    arrays.push([name, array])
  }
  await file.close()
  return Object.fromEntries(arrays)
}

/** Reads what can be read, and asks for the reasons of the rest. */
const readReadable: Reader = async (bytes) => {
  const file = await openCheckpoint(bytes)
  for (const name of file.unreadable.keys()) await file.read(name).catch(({ message }: Error) => message)
  const arrays = await file.readAll((name) => !file.unreadable.has(name))
  await file.close()
  return arrays
}

/** The beginning of a file before the rest of another, of any formats. */
function spliced(next: Next): Uint8Array {
  const [a, b] = [oneOf(samples, next), oneOf(samples, next)]
  const cut = next(3) === 0 ? 0 : next(Math.min(a.length, 64))
  return new Uint8Array([...a.subarray(0, cut), ...b.subarray(next(2) === 0 ? cut : 0)])
}

/** All kinds of damaged files. */
export const damagedKinds: readonly DamagedKind[] = [
  file('safetensors with a checksum', 5, readTensors, (next) => damageBytes(written, next)),
  file('safetensors without', 18, readTensors, (next) => damageBytes(unchecked, next)),
  file('safetensors with another header', 12, readTensors, (next) =>
    withHeader(jsonBytes(damageJson(threeTensors, next)), 34),
  ),
  file('safetensors with another length', 2, readTensors, (next) => damageNumbers(sound, headerLength, next)),
  file('npz', 12, readNpz, (next) => damageBytes(npz, next)),
  file('npz with other numbers', 8, readNpz, oddZip(npz)),
  file('npy in a sound archive', 12, readNpz, (next) => zipOf({ 'a.npy': damageBytes(npyBytes, next) })),
  file('npy with another header', 8, readNpz, (next) => zipOf({ 'a.npy': oddNpy(next) })),
  file('npz, array by array', 6, readEach, (next) => damageBytes(npz, next)),
  file('npy with another header, array by array', 6, readEach, (next) => zipOf({ 'a.npy': oddNpy(next) })),
  file('pt', 12, readPyTorch, (next) => damageBytes(pytorch, next)),
  file('pt with other numbers', 8, readPyTorch, oddZip(pytorch)),
  file('pt of before torch 1.6', 11, readPyTorch, (next) => damageBytes(legacy, next)),
  file('a pickle in a sound archive', 30, readPyTorch, damagedPickle),
  file("a training checkpoint's pickle in a sound archive", 10, readPyTorch, damagedTraining),
  file('tensors of other sizes in a sound pt', 20, readPyTorch, oddPyTorch),
  file('tensors of other sizes in one of before torch 1.6', 10, readPyTorch, oddLegacy),
  file('HDF5', 18, readCheckpoint, (next) => damageFilled(hdf5, hdf5Places, next)),
  file('HDF5 in its newest form', 4, readCheckpoint, (next) => damageFilled(newHdf5, newHdf5Places, next)),
  file('HDF5 in a sound .keras archive', 4, readCheckpoint, (next) =>
    zipOf({ 'model.weights.h5': damageFilled(hdf5, hdf5Places, next) }),
  ),
  file('.keras with other JSON', 2, readCheckpoint, (next) => {
    const [config, metadata] = kerasJson.map((json) => jsonBytes(damageJson(json, next)))
    return zipOf({ 'config.json': config!, 'metadata.json': metadata!, 'model.weights.h5': hdf5 })
  }),
  file('an odd pickle in a sound archive', 12, readReadable, damagedOdd),
  file('safetensors with odd types', 4, readReadable, (next) => withHeader(jsonBytes(damageJson(oddTypes, next)), 34)),
  file('npz with odd arrays', 4, readReadable, (next) => damageBytes(fixture('odd.npz'), next)),
  file('HDF5 with odd arrays', 4, readReadable, (next) => damageFilled(oddHdf5, oddHdf5Places, next)),
  folder('shards of safetensors', 12, safetensorsShards),
  folder('shards of several formats', 8, mixedShards),
  folder("Keras's shards", 3, kerasShards),
  folder('a model.json and its weights', 12, tfjs),
  file('tensors one by one', 10, readEach, (next) => damageBytes(oneOf(samples, next), next)),
  {
    name: 'a file of one format for another',
    share: 10,
    make(next) {
      const bytes = spliced(next)
      const read = oneOf(readers, next)
      return { bytes: bytes.length, read: () => read(bytes) }
    },
  },
]
