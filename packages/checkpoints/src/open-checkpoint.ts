import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { hdf5Contents, isKeras, kerasContents } from './hdf5/keras.ts'
import { isKerasIndex, kerasShardContents } from './hdf5/keras-shards.ts'
import { isHdf5 } from './hdf5/structures/file.ts'
import { shorten } from './json/json.ts'
import { recordIn } from './json/read-json.ts'
import { npzContents } from './numpy/npy.ts'
import { isTar, pytorchContents } from './pytorch/pytorch.ts'
import { isLegacy } from './pytorch/pytorch-legacy.ts'
import { safetensorsContents } from './safetensors/safetensors-read.ts'
import { filesOf, shardContents } from './shards.ts'
import { type ByteSource, readBytes } from './sources/byte-source.ts'
import { openSource, type Readable, withSource } from './sources/open-source.ts'
import { strangerIn } from './strangers.ts'
import { type CheckpointFormat, type Contents, formatNames, named, type TensorFile, tensorFile } from './tensor-file.ts'
import { tfjsContents } from './tfjs-layers.ts'
import { openZip } from './zip/zip.ts'

/**
 * Opens a file of tensors, whose content determines the format: safetensors, PyTorch files of any age, `.npz`, Keras's
 * `.h5` and `.keras`, other HDF5 files. A path may also be a file that refers to others beside it: an index of shards
 * (`….index.json`, Keras's `.weights.json`), or TensorFlow.js's `model.json`. Tensors are read on request. Close the
 * file when done.
 * @throws if the file has none of these formats, or violates its format.
 */
export async function openCheckpoint(from: Readable): Promise<TensorFile> {
  const source = await openSource(from)
  let contents: Contents | undefined
  try {
    const { format, read } = isJson(await startOf(source)) ? await described(source) : await plain(source)
    contents = await named(`${formatNames[format]} ${source.name}`, read)
    return tensorFile(format, source, contents)
  } catch (error) {
    await contents?.close?.()
    await source.close()
    throw error
  }
}

/** Reads all tensors of a file, or those for which `keep` is true. @throws as {@link openCheckpoint}. */
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

/**
 * The names of the shards of an index, each once: the files that {@link openCheckpoint} will open beside it.
 * @throws unless the file is an index, of files beside it.
 */
export const shardNames = (from: Readable): Promise<readonly string[]> =>
  withSource(from, (source) =>
    named(`index ${source.name}`, async () => {
      const record = await recordIn(source, 'an index of shards')
      return filesOf(expectWeights(record).weight_map)
    }),
  )

const brace = 0x7b

const startOf = (source: ByteSource) => readBytes(source, 0, Math.min(source.size, 9))

/** The format of a file, and how to find its tensors. */
interface Found {
  readonly format: CheckpointFormat
  readonly read: () => Promise<Contents>
}

/** A file that contains its tensors. */
async function plain(source: ByteSource): Promise<Found> {
  const found = (format: CheckpointFormat, read: (source: ByteSource) => Promise<Contents>): Found => ({
    format,
    read: () => read(source),
  })
  const start = await startOf(source)
  if (start[7] === 0 && start[8] === brace) return found('safetensors', safetensorsContents)
  if ((await isLegacy(source)) || (await isTar(source))) return found('pytorch', pytorchContents)
  if (isHdf5(start)) return found('hdf5', hdf5Contents)
  if (start[0] === 0x50 && start[1] === 0x4b) {
    const zip = await openZip(source)
    if (zip.names.some((name) => name.endsWith('/data.pkl'))) return found('pytorch', pytorchContents)
    return isKeras(zip) ? found('keras', kerasContents) : found('npz', npzContents)
  }
  const stranger = await strangerIn(source, 'the weights')
  if (stranger?.includes('not the weights')) throw new CascadeError('checkpoint', `${source.name}: ${stranger}`)
  const bytes = [...start].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  throw new CascadeError(
    'checkpoint',
    `${source.name}: expected safetensors, a PyTorch file, an .npz archive, Keras's .h5 or .keras, an index of shards or a model.json, got ${stranger ?? `a file that begins with ${bytes}`}`,
  )
}

/** A JSON file that names the files of its tensors. The first one determines the format of shards. */
async function described(source: ByteSource): Promise<Found> {
  const { weightsManifest, weight_map: map } = await named(source.name, async () =>
    expectWeights(await recordIn(source, 'the weights')),
  )
  if (weightsManifest !== undefined) return { format: 'tfjs', read: () => tfjsContents(source, weightsManifest) }
  if (isKerasIndex(map)) return { format: 'keras', read: () => kerasShardContents(source, map) }
  let format: CheckpointFormat | undefined
  const contents = await named(`index ${source.name}`, () =>
    shardContents(source, map, async (shard) => {
      const found = await plain(shard)
      format ??= found.format
      return found.read()
    }),
  )
  return { format: format ?? 'safetensors', read: async () => contents }
}

/** @throws with what the JSON is, unless it refers to weights in other files. */
function expectWeights(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if ('weight_map' in record || 'weightsManifest' in record) return record
  const keys = Object.keys(record).slice(0, 5).map(shorten).join(', ') || 'nothing'
  const isConfig = ['_class_name', 'architectures', 'model_type', 'class_name'].some((key) => key in record)
  throw new CascadeError(
    'checkpoint',
    isConfig
      ? `a configuration (with ${keys}), not the weights, which are in another file`
      : `expected an index of shards with weight_map, or a model.json with weightsManifest, got JSON with ${keys}`,
  )
}

/** JSON; a safetensors file has zeros in the length of its header. */
const isJson = (start: Uint8Array): boolean =>
  /^(\xef\xbb\xbf)?\s*\{[^\0]*$/.test(Buffer.from(start).toString('latin1'))
