import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { type ByteSource, type Readable, withSource } from './byte-source.ts'
import { byteWidth, computedType, decode, type RawArray, type StoredType, toNDArray } from './elements.ts'
import { isShape } from './json.ts'
import { isLegacy, readLegacy, type Saved, type StoredNumbers } from './pytorch-legacy.ts'
import { gather, lastIndex } from './strides.ts'
import { type Contents, named, tensorFile } from './tensor-file.ts'
import { type Pickled, PickledGlobal, unpickle } from './unpickle.ts'
import { openZip } from './zip.ts'

const storageTypes: ReadonlyMap<string, StoredType> = new Map([
  ['torch.DoubleStorage', 'float64'],
  ['torch.FloatStorage', 'float32'],
  ['torch.HalfStorage', 'float16'],
  ['torch.BFloat16Storage', 'bfloat16'],
  ['torch.LongStorage', 'int64'],
  ['torch.IntStorage', 'int32'],
  ['torch.ShortStorage', 'int16'],
  ['torch.CharStorage', 'int8'],
  ['torch.ByteStorage', 'uint8'],
  ['torch.BoolStorage', 'bool'],
])
const orderedDict = 'collections.OrderedDict'
const rebuildTensor = 'torch._utils._rebuild_tensor_v2'
const rebuildParameter = 'torch._utils._rebuild_parameter'
const size = 'torch.Size'
const globals: ReadonlySet<string> = new Set([
  orderedDict,
  rebuildTensor,
  rebuildParameter,
  size,
  ...storageTypes.keys(),
])

/** The most that tensors which share storages may hold together, as a multiple of the file's size. */
const maxSharing = 16

const maxNodes = 1_000_000
const maxPath = 1000

class Storage implements StoredNumbers {
  constructor(
    readonly type: StoredType,
    readonly key: string,
    readonly length: number,
  ) {}
}

class PickledTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/**
 * Reads the tensors of a file that PyTorch's `torch.save` wrote (a zip file, or before torch 1.6 a row of pickles), from a path or
 * from its bytes: usually a state dict. Nested dicts and lists are flattened, their keys joined by dots; plain
 * numbers, strings and None beside the tensors are left out. Element types are converted as {@link toNDArray} does.
 * Nothing in the file is executed: its pickle may only build tensors and plain containers.
 * @throws naming the file, if it wants anything else, is cut short or corrupt, or holds no tensor.
 */
export const readPyTorch = (from: Readable): Promise<Record<string, NDArray>> =>
  withSource(from, (source) =>
    named(`PyTorch ${source.name}`, async () => tensorFile('pytorch', source, await pytorchContents(source)).readAll()),
  )

/** The tensors that the file's object holds, none of them read yet. */
export async function pytorchContents(source: ByteSource): Promise<Contents> {
  const { root, bytesOf } = (await isLegacy(source)) ? await readLegacy(source, rules) : await readZip(source)
  const tensors = tensorsOf(root)
  if (tensors.size === 0) throw new Error('expected a state dict, found no tensor in the file')

  const bytes = [...new Set(tensors.values())].reduce((n, t) => n + sizeOf(t.shape) * byteWidth[t.storage.type], 0)
  if (bytes > maxSharing * source.size)
    throw new Error(`expected tensors of at most ${maxSharing} times the file's ${source.size} bytes, got ${bytes}`)
  const load = loader(bytesOf, [...tensors.values()])
  const lazy = [...tensors].map(([name, tensor]) => {
    const read = () => load(tensor)
    return [name, { dtype: computedType(tensor.storage.type), shape: tensor.shape, read }] as const
  })
  return { tensors: new Map(lazy) }
}

async function readZip(source: ByteSource): Promise<Saved> {
  const zip = await openZip(source)
  const pickle = zip.names.find((name) => name.endsWith('/data.pkl'))
  if (!pickle) throw new Error(`expected an entry data.pkl, got ${zip.names.slice(0, 5).join(', ')}`)
  const folder = pickle.slice(0, -'data.pkl'.length)
  if (zip.names.includes(`${folder}byteorder`)) {
    const order = new TextDecoder().decode(await zip.read(`${folder}byteorder`))
    if (order !== 'little') throw new Error(`expected byte order little, got ${order}`)
  }
  const root = unpickle(await zip.read(pickle), rules)
  return { root, bytesOf: ({ key }) => zip.read(`${folder}data/${key}`) }
}

/** Keeps what several tensors share, storages and tensors, and nothing else. */
function loader(
  bytesOf: Saved['bytesOf'],
  tensors: readonly PickledTensor[],
): (tensor: PickledTensor) => Promise<NDArray> {
  const idOf = ({ type, key, length }: Storage) => `${type} ${key} ${length}`
  const users = counts(tensors.map(({ storage }) => idOf(storage)))
  const mentions = counts(tensors)
  const storages = new Map<string, RawArray>()
  const loaded = new Map<PickledTensor, NDArray>()
  return async (tensor) => {
    const { storage, offset, shape, strides } = tensor
    const known = loaded.get(tensor)
    if (known) return known
    const id = idOf(storage)
    const raw = storages.get(id) ?? decode(storage.type, [storage.length], await bytesOf(storage))
    if (users.get(id)! > 1) storages.set(id, raw)
    const array = toNDArray(gather(raw, shape, strides, offset))
    if (mentions.get(tensor)! > 1) loaded.set(tensor, array)
    return array
  }
}

function counts<T>(items: readonly T[]): ReadonlyMap<T, number> {
  const found = new Map<T, number>()
  for (const item of items) found.set(item, (found.get(item) ?? 0) + 1)
  return found
}

function storageOf(id: Pickled): Storage {
  // Legacy files say as a sixth which part of another storage this is, if it is one.
  const [kind, type, key, , length, part = null] = Array.isArray(id) ? id : []
  const stored = type instanceof PickledGlobal ? storageTypes.get(type.name) : undefined
  if (kind !== 'storage' || !stored || typeof key !== 'string' || !isCount(length) || part !== null)
    throw new Error(`pickle: expected a reference to a tensor's storage, got ${describe(id)}`)
  return new Storage(stored, key, length)
}

const rules = { globals, call: build, persistent: storageOf }

function build({ name }: PickledGlobal, args: readonly Pickled[]): Pickled {
  if (name === orderedDict && args.length === 0) return new Map()
  if (name === rebuildParameter && args[0] instanceof PickledTensor) return args[0]
  if (name === size && args.length === 1 && isShape(args[0])) return args[0]
  if (name !== rebuildTensor) throw new Error(`pickle: refused to call ${name} with ${args.length} arguments`)
  const [storage, offset, shape, strides] = args
  if (!(storage instanceof Storage && isCount(offset) && isShape(shape) && isShape(strides)))
    throw new Error(
      `pickle: expected a tensor's storage, offset, size and stride, got ${args.slice(0, 4).map(describe)}`,
    )
  const place = `size [${shape}] and stride [${strides}] at ${offset}`
  if (shape.length !== strides.length || lastIndex(shape, strides, offset) >= storage.length)
    throw new Error(`pickle: expected a tensor inside its storage of ${storage.length} elements, got ${place}`)
  if (sizeOf(shape) > storage.length)
    throw new Error(`pickle: expected a tensor no larger than its storage of ${storage.length} elements, got ${place}`)
  return new PickledTensor(storage, offset, shape, strides)
}

/** The tensors in nested containers, by their dotted paths. The limits only matter for files that are made to exhaust us. */
function tensorsOf(root: Pickled): ReadonlyMap<string, PickledTensor> {
  const found = new Map<string, PickledTensor>()
  let visits = 0
  const visit = (node: Pickled, path: string) => {
    if (++visits > maxNodes || path.length > maxPath)
      throw new Error(`expected at most ${maxNodes} nested values with paths of ${maxPath} characters, got more`)
    if (node instanceof PickledTensor) {
      if (found.has(path)) throw new Error(`expected one tensor '${path}', got two`)
      found.set(path, node)
    } else if (node instanceof Map || Array.isArray(node))
      for (const [key, child] of node.entries()) visit(child, path === '' ? `${key}` : `${path}.${key}`)
  }
  visit(root, '')
  return found
}

const isCount = (value: Pickled): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const describe = (value: Pickled): string =>
  value instanceof PickledGlobal ? value.name : Array.isArray(value) ? `a tuple of ${value.length}` : typeof value
