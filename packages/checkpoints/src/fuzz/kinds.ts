import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ndarray, zeros } from '@cascade-diffusion/arrays'
import { bytesSource } from '../byte-source.ts'
import { parseNpy, readNpz } from '../npy.ts'
import { readCheckpoint } from '../open-checkpoint.ts'
import { readPyTorch } from '../pytorch.ts'
import { readSafetensors } from '../safetensors-read.ts'
import { writeSafetensors } from '../safetensors-write.ts'
import { fixture, temporaryFolder, zipOf } from '../test-support.ts'
import { openZip } from '../zip.ts'
import { damageBytes, damageFilled, damageNumbers, type Field, filledPlaces, type Next, oneOf } from './damage.ts'
import { damageJson, jsonBytes } from './damage-json.ts'
import { damageFolder, type Folder } from './folder.ts'
import { damagedPickle, oddLegacy, oddPyTorch } from './pickles.ts'
import type { DamagedKind, Read } from './read-damaged.ts'
import { zipFields } from './zip-fields.ts'

type Reader = (bytes: Uint8Array) => Promise<Readonly<Record<string, Read>>>

const readTensors: Reader = async (bytes) => (await readSafetensors(bytes)).tensors

/** A kind of single files. */
function file(name: string, share: number, read: Reader, make: (next: Next) => Uint8Array): DamagedKind {
  const one = (bytes: Uint8Array) => ({ bytes: bytes.length, read: () => read(bytes) })
  return { name, share, make: (next) => one(make(next)) }
}

const folder = (name: string, share: number, good: Folder): DamagedKind => ({
  name,
  share,
  make: (next) => damageFolder(good, next),
})

async function writtenFile(): Promise<Uint8Array> {
  const path = join(temporaryFolder(), 'a.safetensors')
  await writeSafetensors(path, { a: zeros([3, 4]), b: ndarray(Uint8Array.of(1, 0), [2]) }, { step: '12' })
  return readFileSync(path)
}

function withHeader(header: Uint8Array, dataBytes: number): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + dataBytes)
  new DataView(bytes.buffer).setUint32(0, header.length, true)
  bytes.set(header, 8)
  return bytes
}

const oneTensor = { a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] } }
const threeTensors = {
  __metadata__: { format: 'pt' },
  ...oneTensor,
  b: { dtype: 'I64', shape: [], data_offsets: [24, 32] },
  c: { dtype: 'BOOL', shape: [2], data_offsets: [32, 34] },
}
const written = await writtenFile()
const unchecked = withHeader(jsonBytes(oneTensor), 24)
const sound = withHeader(jsonBytes(threeTensors), 34)
const headerLength: readonly Field[] = [{ at: 0, width: 8 }]

const rawNpy = "\x93NUMPY\x01\0\x3c\0{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), } \n"
const npyBytes = new Uint8Array([...Buffer.from(rawNpy, 'latin1'), ...new Uint8Array(24)])

/** An array of NumPy's whose header tells of another type, order or shape. */
function oddNpy(next: Next): Uint8Array {
  const shape = Array.from({ length: next(4) }, () => oneOf([0, 1, 2, 3, 6, -1, 1e9, 2 ** 32, 2 ** 53, 1e21], next))
  const type = oneOf(['<f4', '<f8', '<i8', '<i4', '|b1', '|u1', '>f4', '|O', '<f2', '<U4'], next)
  const order = oneOf(['True', 'False', 'None'], next)
  const header = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')}), }\n`
  const length = next(8) === 0 ? oneOf([0, 65535, header.length + 24, 12], next) : header.length
  const start = [0x93, ...Buffer.from('NUMPY'), 1 + next(4), 0, length & 255, length >> 8]
  return new Uint8Array([...start, ...Buffer.from(header), ...new Uint8Array(oneOf([0, 4, 8, 24, 48], next))])
}

/** Damages numbers of an archive, rather than any bytes. */
function oddZip(name: string): (next: Next) => Uint8Array {
  const good = fixture(name)
  const fields = zipFields(good)
  return (next) => damageNumbers(good, fields, next)
}

const hdf5 = fixture('hdf5-small.h5')
const hdf5Places = filledPlaces(hdf5)
const newHdf5 = fixture('hdf5-latest.h5')
const newHdf5Places = filledPlaces(newHdf5)
const keras = await openZip(bytesSource(fixture('keras3.keras')))
const kerasWeights = await keras.read('model.weights.h5')
const kerasJson = await Promise.all(
  ['config.json', 'metadata.json'].map(async (name) => JSON.parse(Buffer.from(await keras.read(name)).toString())),
)

const npz = fixture('arrays-compressed.npz')
const pytorch = fixture('nested.pt')
const legacy = fixture('nested-legacy.pt')
const namesIn = async (bytes: Uint8Array, file: string) =>
  Object.keys(await readCheckpoint(bytes)).map((name) => [name, file] as const)

const safetensorsShards: Folder = {
  json: { metadata: { total_size: 58 }, weight_map: { a: '1.safetensors', b: '1.safetensors', step: '2.safetensors' } },
  files: {
    '1.safetensors': sound,
    '2.safetensors': withHeader(jsonBytes({ step: { dtype: 'I32', shape: [1], data_offsets: [0, 4] } }), 4),
  },
}
const mixedShards: Folder = {
  json: {
    weight_map: Object.fromEntries([
      ...(await namesIn(legacy, 'b.bin')),
      ...(await namesIn(fixture('state-dict.pt'), 'a.bin')),
      ['a', 'c.safetensors'],
    ]),
  },
  files: { 'a.bin': fixture('state-dict.pt'), 'b.bin': legacy, 'c.safetensors': sound },
}
const kerasShards: Folder = {
  json: { weight_map: { '/layers/conv2d/vars': 'a.weights.h5', '/': ['b.weights.h5'] } },
  files: { 'a.weights.h5': kerasWeights, 'b.weights.h5': hdf5 },
}
const tfjs: Folder = {
  json: {
    modelTopology: { class_name: 'Sequential' },
    weightsManifest: [
      {
        paths: ['1.bin', '2.bin'],
        weights: [
          { name: 'kernel', shape: [2, 2], dtype: 'float32' },
          { name: 'bias', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
          { name: 'half', shape: [1], dtype: 'float32', quantization: { dtype: 'float16' } },
        ],
      },
      { paths: ['3.bin'], weights: [{ name: 'step', shape: [], dtype: 'int32' }] },
    ],
  },
  files: { '1.bin': new Uint8Array(7), '2.bin': new Uint8Array(13), '3.bin': new Uint8Array(4) },
}

const all = [written, sound, fixture('arrays.npz'), pytorch, legacy, hdf5, fixture('keras3.keras'), npyBytes]
const readers: readonly Reader[] = [
  readCheckpoint,
  readTensors,
  readNpz,
  readPyTorch,
  async (bytes) => ({ array: parseNpy(bytes) }),
]

/** A file's beginning before the rest of another, of whatever formats. */
function spliced(next: Next): Uint8Array {
  const [a, b] = [oneOf(all, next), oneOf(all, next)]
  const cut = next(3) === 0 ? 0 : next(Math.min(a.length, 64))
  return new Uint8Array([...a.subarray(0, cut), ...b.subarray(next(2) === 0 ? cut : 0)])
}

export const damagedKinds: readonly DamagedKind[] = [
  file('safetensors with a checksum', 5, readTensors, (next) => damageBytes(written, next)),
  file('safetensors without', 18, readTensors, (next) => damageBytes(unchecked, next)),
  file('safetensors with another header', 12, readTensors, (next) =>
    withHeader(jsonBytes(damageJson(threeTensors, next)), 34),
  ),
  file('safetensors with another length', 2, readTensors, (next) => damageNumbers(sound, headerLength, next)),
  file('npz', 12, readNpz, (next) => damageBytes(npz, next)),
  file('npz with other numbers', 8, readNpz, oddZip('arrays-compressed.npz')),
  file('npy in a sound archive', 12, readNpz, (next) => zipOf({ 'a.npy': damageBytes(npyBytes, next) })),
  file('npy with another header', 8, readNpz, (next) => zipOf({ 'a.npy': oddNpy(next) })),
  file('pt', 12, readPyTorch, (next) => damageBytes(pytorch, next)),
  file('pt with other numbers', 8, readPyTorch, oddZip('nested.pt')),
  file('pt of before torch 1.6', 11, readPyTorch, (next) => damageBytes(legacy, next)),
  file('a pickle in a sound archive', 30, readPyTorch, damagedPickle),
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
  folder('shards of safetensors', 12, safetensorsShards),
  folder('shards of several formats', 8, mixedShards),
  folder("Keras's shards", 3, kerasShards),
  folder('a model.json and its weights', 12, tfjs),
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
