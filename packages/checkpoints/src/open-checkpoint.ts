import type { NDArray } from '@cascade-diffusion/arrays'
import { type ByteSource, openSource, type Readable, readBytes } from './byte-source.ts'
import { isHdf5 } from './hdf5/file.ts'
import { hdf5Contents, isKeras, kerasContents } from './hdf5/keras.ts'
import { isKerasIndex, kerasShardContents } from './hdf5/keras-shards.ts'
import { asRecord, maxJsonBytes, parseJson } from './json.ts'
import { npzContents } from './npy.ts'
import { pytorchContents } from './pytorch.ts'
import { isLegacy } from './pytorch-legacy.ts'
import { safetensorsContents } from './safetensors-read.ts'
import { shardContents } from './safetensors-shards.ts'
import { type CheckpointFormat, type Contents, formatNames, named, type TensorFile, tensorFile } from './tensor-file.ts'
import { tfjsContents } from './tfjs-layers.ts'
import { openZip } from './zip.ts'

/**
 * Opens a file of tensors of any format that is read here, which its content tells: safetensors, the index of safetensors
 * shards (`….safetensors.index.json`, from a path), PyTorch's files of any age, `.npz`, a `model.json` of
 * TensorFlow.js with its weights (from a path), Keras's `.h5`, `.keras` and
 * `.weights.json` (from a path), other HDF5 files. Tensors are read when asked for;
 * those of `.npz` are in memory at once. Close it when done.
 * @throws naming the file, if it is of none of these formats, or not as its format has it.
 */
export async function openCheckpoint(from: Readable): Promise<TensorFile> {
  const source = await openSource(from)
  try {
    const format = await formatOf(source)
    const label = `${formatNames[format]} ${source.name}`
    return tensorFile(format, source, await named(label, () => contentsOf[format](source)))
  } catch (error) {
    await source.close()
    throw error
  }
}

/** All tensors of such a file, or those of which `keep` is true. @throws as {@link openCheckpoint}. */
export async function readCheckpoint(
  from: Readable,
  keep?: (name: string) => boolean,
): Promise<Record<string, NDArray>> {
  const file = await openCheckpoint(from)
  try {
    return await file.readAll(keep)
  } finally {
    await file.close()
  }
}

const brace = 0x7b

const startOf = (source: ByteSource) => readBytes(source, 0, Math.min(source.size, 9))

async function formatOf(source: ByteSource): Promise<CheckpointFormat> {
  const start = await startOf(source)
  if (isJson(start)) {
    const json = await jsonOf(source)
    return 'weightsManifest' in json ? 'tfjs' : isKerasIndex(json.weight_map) ? 'keras' : 'safetensors'
  }
  if (start[7] === 0 && start[8] === brace) return 'safetensors'
  if (await isLegacy(source)) return 'pytorch'
  if (isHdf5(start)) return 'hdf5'
  if (start[0] === 0x50 && start[1] === 0x4b) {
    const zip = await openZip(source)
    return zip.names.some((name) => name.endsWith('/data.pkl')) ? 'pytorch' : isKeras(zip) ? 'keras' : 'npz'
  }
  throw new Error(
    `${source.name}: expected safetensors, their index, a PyTorch file, an .npz archive, a model.json or Keras's .h5 or .keras, got a file that begins with ` +
      (start.length === 0 ? 'nothing' : [...start].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')),
  )
}

/** JSON; where safetensors have the length of their header there are zeros. */
const isJson = (start: Uint8Array): boolean => start[0] === brace && !start.includes(0)

/** The most that the JSON of an index or a model's description nests. */
const maxDepth = 100

const jsonOf = async (source: ByteSource) =>
  asRecord(parseJson(await readBytes(source, 0, Math.min(source.size, maxJsonBytes)), maxDepth), 'the file')

const contentsOf: Readonly<Record<CheckpointFormat, (source: ByteSource) => Promise<Contents>>> = {
  safetensors: async (source) =>
    isJson(await startOf(source)) ? shardContents(source, await jsonOf(source)) : safetensorsContents(source),
  pytorch: pytorchContents,
  npz: npzContents,
  hdf5: hdf5Contents,
  keras: async (source) =>
    isJson(await startOf(source))
      ? kerasShardContents(source, (await jsonOf(source)).weight_map)
      : kerasContents(source),
  tfjs: async (source) => tfjsContents(source, (await jsonOf(source)).weightsManifest),
}
