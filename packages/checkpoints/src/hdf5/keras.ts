import { crc32 } from 'node:zlib'
import { CascadeError } from '@cascade-diffusion/checks'
import { computedType } from '../arrays/elements.ts'
import { digestedPieces, readPieces } from '../arrays/read-array.ts'
import { asRecord, maxJsonBytes, parseJson, shorten } from '../json/json.ts'
import type { ByteSource } from '../sources/byte-source.ts'
import { type Contents, type LazyTensor, readTensors } from '../tensor-file.ts'
import { openZip, type Zip } from '../zip/zip.ts'
import type { Dataset } from './data/dataset.ts'
import { type Objects, readObjects } from './objects.ts'
import type { Attributes } from './structures/attributes.ts'

/**
 * Opens an HDF5 file, such as the weights of Keras. `.h5` and `.weights.h5` of Keras 2 list the names of their weights,
 * `layer/weight:0`, in order. If two layers have weights of the same name, the group of the layer comes before the
 * name. The names of all other datasets, such as those in `.weights.h5` of Keras 3, are their paths:
 * `layers/dense/vars/0`. The metadata are the string attributes of groups, by path: `model_config`, `keras_version`,
 * `layers/dense/vars/name`.
 * @throws as {@link readObjects}, or if a listed weight is not there.
 */
export async function hdf5Contents(source: ByteSource): Promise<Contents> {
  const objects = await readObjects(source)
  const { groups } = objects
  const tensors = new Map<string, LazyTensor>()
  const unreadable = new Map<string, string>()
  for (const [name, found] of kerasNames(objects)) {
    if (typeof found === 'string') unreadable.set(name, found)
    else tensors.set(name, { dtype: computedType(found.type), shape: found.shape, read: found.read })
  }
  const metadata: [string, string][] = []
  for (const [path, attributes] of groups)
    for (const [name, value] of attributes)
      if (typeof value === 'string') metadata.push([path === '' ? name : `${path}/${name}`, value])
  return { tensors, unreadable, metadata: Object.fromEntries(metadata) }
}

/** Datasets, or why they cannot be read, by the names of Keras 2 if it has names for them. */
function kerasNames({ datasets, unreadable, groups }: Objects): ReadonlyMap<string, Dataset | string> {
  const all = new Map<string, Dataset | string>([...datasets, ...unreadable])
  const paths: { path: string; name: string }[] = []
  for (const group of inOrder(groups))
    for (const name of textsOf(groups.get(group)!, 'weight_names')) paths.push({ path: `${group}/${name}`, name })
  const listed = new Set(paths.map(({ path }) => path))
  for (const path of all.keys()) if (!listed.has(path)) paths.push({ path, name: path })
  const uses = new Map<string, number>()
  for (const { name } of paths) uses.set(name, (uses.get(name) ?? 0) + 1)
  const found = new Map<string, Dataset | string>()
  for (const { path, name } of paths) {
    const dataset = all.get(path)
    if (dataset === undefined)
      throw new CascadeError('checkpoint', `expected the weight '${shorten(path)}' that its group lists, there is none`)
    const unique = uses.get(name)! > 1 ? path.replace(modelGroup, '') : name
    if (found.has(unique)) throw new CascadeError('checkpoint', `expected one weight '${shorten(unique)}', got two`)
    found.set(unique, dataset)
  }
  return found
}

/** The group of the weights in a file of a whole model. The weights of the optimizer are beside it. */
const modelGroup = /^model_weights\//

/** The groups. Those that a group lists as `layer_names` are in that order. */
function inOrder(groups: Objects['groups']): readonly string[] {
  const listed = [...groups].flatMap(([path, attributes]) =>
    textsOf(attributes, 'layer_names').map((layer) => (path === '' ? layer : `${path}/${layer}`)),
  )
  return [...new Set([...listed.filter((path) => groups.has(path)), ...groups.keys()])]
}

/** A list of strings. Keras splits long ones into several attributes with numbers at the ends of their names. */
function textsOf(attributes: Attributes, name: string): readonly string[] {
  const parts = [name, ...[...attributes.keys()].map((_, i) => `${name}${i}`)]
  return parts.flatMap((part) => attributes.get(part) ?? [])
}

const weightsEntry = 'model.weights.h5'

/** Whether an archive is a model that Keras 3 saved as `.keras`. */
export const isKeras = ({ names }: Zip): boolean => names.includes(weightsEntry)

/** The deepest nesting of the JSON of metadata. */
const maxDepth = 100

/**
 * Opens the weights in a `.keras` archive, as {@link hdf5Contents}. The metadata have its `config.json` as
 * `model_config`, and the entries of its `metadata.json`: `keras_version`, `date_saved`. The archive's checksum of the
 * weights is verified when all of them are read.
 */
export async function kerasContents(source: ByteSource): Promise<Contents> {
  const zip = await openZip(source)
  const entry = await zip.open(weightsEntry)
  const { tensors, unreadable, metadata } = await hdf5Contents(entry.source)
  const about: [string, string][] = []
  if (zip.names.includes('metadata.json')) {
    const json = asRecord(parseJson(await zip.read('metadata.json', maxJsonBytes), maxDepth), 'metadata.json')
    for (const [key, value] of Object.entries(json)) if (typeof value === 'string') about.push([key, value])
  }
  if (zip.names.includes('config.json'))
    about.push(['model_config', new TextDecoder().decode(await zip.read('config.json', maxJsonBytes))])
  const readAll: Contents['readAll'] = async (keep) => {
    let checksum = 0
    await readPieces(entry.source, digestedPieces(0, entry.source.size), (bytes) => {
      checksum = crc32(bytes, checksum)
    })
    entry.verify(checksum)
    return readTensors(tensors, keep)
  }
  return {
    tensors,
    unreadable: unreadable ?? new Map(),
    metadata: { ...metadata, ...Object.fromEntries(about) },
    readAll,
  }
}
