import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { type ByteSource, type Readable, readBytes, withSource } from './byte-source.ts'
import { byteWidth, computedType } from './elements.ts'
import { isLegacy, readLegacy, type Saved } from './pytorch-legacy.ts'
import { PickledTensor, rules, type Storage } from './pytorch-values.ts'
import { gather } from './strides.ts'
import { type Contents, named, tensorFile } from './tensor-file.ts'
import { type Pickled, PickledRecord, unpickle } from './unpickle.ts'
import { openZip } from './zip.ts'
import { readEntryArray } from './zip-array.ts'

/** The most that tensors which share storages may hold together, as a multiple of the file's size. */
const maxSharing = 16

const maxNodes = 1_000_000
const maxPath = 1000

/**
 * Reads the tensors of a file that PyTorch's `torch.save` wrote (a zip file, or before torch 1.6 a row of pickles), from a path or
 * from its bytes: usually a state dict. Nested dicts and lists are flattened, their keys joined by dots; plain
 * numbers, strings, NumPy's values and None beside the tensors are left out. Element types are converted as {@link toNDArray} does.
 * Nothing in the file is executed: its pickle may only build tensors and plain containers.
 * @throws naming the file, if it wants anything else, is cut short or corrupt, or holds no tensor.
 */
export const readPyTorch = (from: Readable): Promise<Record<string, NDArray>> =>
  withSource(from, (source) =>
    named(`PyTorch ${source.name}`, async () => tensorFile('pytorch', source, await pytorchContents(source)).readAll()),
  )

/** The tensors that the file's object holds, none of them read yet. */
export async function pytorchContents(source: ByteSource): Promise<Contents> {
  if (await isTar(source)) throw new Error('a tar archive, as torch before 0.1.10 wrote it, is not read: save it again')
  const saved = (await isLegacy(source)) ? await readLegacy(source, rules) : await readZip(source)
  const tensors = tensorsOf(saved.root)
  if (tensors.size === 0) throw new Error('expected a state dict, found no tensor in the file')

  const bytes = [...new Set(tensors.values())].reduce((n, t) => n + sizeOf(t.shape) * byteWidth[t.storage.type], 0)
  if (bytes > maxSharing * source.size)
    throw new Error(`expected tensors of at most ${maxSharing} times the file's ${source.size} bytes, got ${bytes}`)
  const load = loader(saved, [...tensors.values()])
  const lazy = [...tensors].map(([name, tensor]) => {
    const read = () => load(tensor)
    return [name, { dtype: computedType(tensor.storage.type), shape: tensor.shape, read }] as const
  })
  return { tensors: new Map(lazy) }
}

/** Whether a file is a tar archive: the first files of PyTorch were. */
export async function isTar(source: ByteSource): Promise<boolean> {
  const [place, mark] = [257, 'ustar']
  if (source.size < place + mark.length) return false
  return new TextDecoder().decode(await readBytes(source, place, mark.length)) === mark
}

async function readZip(source: ByteSource): Promise<Saved> {
  const zip = await openZip(source)
  const pickle = zip.names.find((name) => name.endsWith('/data.pkl'))
  if (!pickle) throw new Error(`expected an entry data.pkl, got ${zip.names.slice(0, 5).join(', ')}`)
  const folder = pickle.slice(0, -'data.pkl'.length)
  if (zip.names.includes(`${folder}constants.pkl`))
    throw new Error(
      "expected a state dict, got a program of TorchScript: save its model's state_dict() with torch.save",
    )
  const order = zip.names.includes(`${folder}byteorder`)
    ? new TextDecoder().decode(await zip.read(`${folder}byteorder`))
    : 'little'
  if (order !== 'little' && order !== 'big') throw new Error(`expected byte order little or big, got ${order}`)
  const root = unpickle(await zip.read(pickle), rules)
  return { root, bigEndian: order === 'big', open: ({ key }) => zip.open(`${folder}data/${key}`) }
}

/** Keeps what several tensors share, storages and tensors, and nothing else. */
function loader(saved: Saved, tensors: readonly PickledTensor[]): (tensor: PickledTensor) => Promise<NDArray> {
  const idOf = ({ type, key, length }: Storage) => `${type} ${key} ${length}`
  const users = counts(tensors.map(({ storage }) => idOf(storage)))
  const mentions = counts(tensors)
  const storages = new Map<string, NDArray>()
  const loaded = new Map<PickledTensor, NDArray>()
  return async (tensor) => {
    const { storage, offset, shape, strides } = tensor
    const known = loaded.get(tensor)
    if (known) return known
    const id = idOf(storage)
    const all = storages.get(id) ?? (await readStorage(saved, storage))
    if (users.get(id)! > 1) storages.set(id, all)
    const array = gather(all, shape, strides, offset)
    if (mentions.get(tensor)! > 1) loaded.set(tensor, array)
    return array
  }
}

async function readStorage({ open, bigEndian }: Saved, storage: Storage): Promise<NDArray> {
  const { type, length } = storage
  const entry = await open(storage)
  const bytes = length * byteWidth[type]
  if (entry.source.size !== bytes)
    throw new Error(`expected ${bytes} bytes of ${type} [${length}], got ${entry.source.size}`)
  return readEntryArray(entry, { type, shape: [length], offset: 0, bigEndian })
}

function counts<T>(items: readonly T[]): ReadonlyMap<T, number> {
  const found = new Map<T, number>()
  for (const item of items) found.set(item, (found.get(item) ?? 0) + 1)
  return found
}

/** The tensors in nested containers, by their dotted paths. The limits only matter for files that are made to exhaust us. */
function tensorsOf(root: Pickled): ReadonlyMap<string, PickledTensor> {
  const found = new Map<string, PickledTensor>()
  let visits = 0
  const visit = (node: Pickled, path: string, depth: number) => {
    if (++visits > maxNodes || path.length > maxPath || depth > maxPath)
      throw new Error(`expected at most ${maxNodes} nested values with paths of ${maxPath} characters, got more`)
    if (node instanceof PickledTensor) {
      if (found.has(path)) throw new Error(`expected one tensor '${path}', got two`)
      found.set(path, node)
    } else if (node instanceof PickledRecord) visit(node.attributes, path, depth + 1)
    else if (node instanceof Map || Array.isArray(node))
      for (const [key, child] of node.entries()) visit(child, path === '' ? `${key}` : `${path}.${key}`, depth + 1)
  }
  visit(root, '', 0)
  return found
}
