import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ndarray, zeros } from '@cascade-diffusion/arrays'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { readCheckpoint } from '../open-checkpoint.ts'
import { writeSafetensors } from '../safetensors/safetensors-write.ts'
import { bytesSource } from '../sources/byte-source.ts'
import { fixture } from '../test-support.ts'
import { openZip } from '../zip/zip.ts'
import { jsonBytes } from './damage-json.ts'
import type { Folder } from './folder.ts'

// Valid files and folders, which are then damaged.

async function writtenFile(): Promise<Uint8Array> {
  const path = join(temporaryFolder(), 'a.safetensors')
  await writeSafetensors(path, { a: zeros([3, 4]), b: ndarray(Uint8Array.of(1, 0), [2]) }, { step: '12' })
  return readFileSync(path)
}

/** A safetensors file of zeros. */
export function withHeader(header: Uint8Array, dataBytes: number): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + dataBytes)
  new DataView(bytes.buffer).setUint32(0, header.length, true)
  bytes.set(header, 8)
  return bytes
}

const oneTensor = { a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] } }
export const threeTensors = {
  __metadata__: { format: 'pt' },
  ...oneTensor,
  b: { dtype: 'I64', shape: [], data_offsets: [24, 32] },
  c: { dtype: 'BOOL', shape: [2], data_offsets: [32, 34] },
}
/** Two of them are not supported. */
export const oddTypes = {
  ...oneTensor,
  b: { dtype: 'C64', shape: [1], data_offsets: [24, 32] },
  c: { dtype: 'F4', shape: [2, 2], data_offsets: [32, 34] },
}
/** With a checksum. */
export const written = await writtenFile()
export const unchecked = withHeader(jsonBytes(oneTensor), 24)
export const sound = withHeader(jsonBytes(threeTensors), 34)

const rawNpy = "\x93NUMPY\x01\0\x3c\0{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), } \n"
export const npyBytes = new Uint8Array([...Buffer.from(rawNpy, 'latin1'), ...new Uint8Array(24)])

export const hdf5 = fixture('hdf5-small.h5')
export const newHdf5 = fixture('hdf5-latest.h5')
const keras = await openZip(bytesSource(fixture('keras3.keras')))
const kerasWeights = await keras.read('model.weights.h5')
/** The JSON of a `.keras` archive about the model and the archive. */
export const kerasJson = await Promise.all(
  ['config.json', 'metadata.json'].map(async (name) => JSON.parse(Buffer.from(await keras.read(name)).toString())),
)

export const npz = fixture('arrays-compressed.npz')
export const pytorch = fixture('nested.pt')
export const legacy = fixture('nested-legacy.pt')
const namesIn = async (bytes: Uint8Array, file: string) =>
  Object.keys(await readCheckpoint(bytes)).map((name) => [name, file] as const)

export const safetensorsShards: Folder = {
  json: { metadata: { total_size: 58 }, weight_map: { a: '1.safetensors', b: '1.safetensors', step: '2.safetensors' } },
  files: {
    '1.safetensors': sound,
    '2.safetensors': withHeader(jsonBytes({ step: { dtype: 'I32', shape: [1], data_offsets: [0, 4] } }), 4),
  },
}
export const mixedShards: Folder = {
  json: {
    weight_map: Object.fromEntries([
      ...(await namesIn(legacy, 'b.bin')),
      ...(await namesIn(fixture('state-dict.pt'), 'a.bin')),
      ['a', 'c.safetensors'],
    ]),
  },
  files: { 'a.bin': fixture('state-dict.pt'), 'b.bin': legacy, 'c.safetensors': sound },
}
export const kerasShards: Folder = {
  json: { weight_map: { '/layers/conv2d/vars': 'a.weights.h5', '/': ['b.weights.h5'] } },
  files: { 'a.weights.h5': kerasWeights, 'b.weights.h5': hdf5 },
}
export const tfjs: Folder = {
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

const texts = [
  'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
  '<!DOCTYPE html><html><head><title>Sign in</title></head></html>',
  '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
  '{"error": "Repository not found", "best": -Infinity}',
].map((text) => new Uint8Array(Buffer.from(text)))

/** A file of each format, and what people have in place of files. */
export const samples = [
  ...[written, sound, fixture('arrays.npz'), pytorch, legacy, hdf5, fixture('keras3.keras'), npyBytes],
  ...[fixture('odd-legacy.pt'), fixture('odd-objects.pt'), ...texts],
]
