import { sizeOf } from '@cascade-diffusion/arrays'
import type { StoredType } from './elements.ts'
import { isShape } from './json.ts'
import type { StoredNumbers } from './pytorch-legacy.ts'
import { lastIndex } from './strides.ts'
import { type Pickled, PickledGlobal, PickledRecord, type UnpickleOptions } from './unpickle.ts'

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
  // Bytes: the tensor has the type.
  ['torch.storage.UntypedStorage', 'uint8'],
])

/** The types of tensors in untyped storages. */
const tensorTypes: ReadonlyMap<string, readonly [type: StoredType, bytes: number]> = new Map([
  ['torch.uint16', ['uint16', 2]],
  ['torch.uint32', ['uint32', 4]],
  ['torch.uint64', ['uint64', 8]],
  ['torch.float8_e4m3fn', ['float8-e4m3', 1]],
  ['torch.float8_e5m2', ['float8-e5m2', 1]],
])

const orderedDict = 'collections.OrderedDict'
const rebuildTensor = 'torch._utils._rebuild_tensor_v2'
const rebuildUntyped = 'torch._utils._rebuild_tensor_v3'
const rebuildParameter = 'torch._utils._rebuild_parameter'
const size = 'torch.Size'
/** Objects that are their attributes. */
const records = ['argparse.Namespace', 'types.SimpleNamespace']
/** Dicts whose other properties do not matter. */
const dicts = ['collections.defaultdict', 'collections.Counter']
/** What stands for plain values, which are left out. It is read, and not made. */
const leftOut = [
  ...['torch.device', 'numpy.dtype', 'numpy.ndarray', '_codecs.encode'],
  ...['numpy.core', 'numpy._core'].flatMap((m) =>
    ['multiarray.scalar', 'multiarray._reconstruct', 'numeric._frombuffer'].map((name) => `${m}.${name}`),
  ),
  ...['builtins', '__builtin__'].flatMap((m) =>
    ['set', 'frozenset', 'bytearray', 'complex', 'dict', 'list', 'int', 'float'].map((name) => `${m}.${name}`),
  ),
  ...['PosixPath', 'PurePosixPath', 'WindowsPath', 'PureWindowsPath'].map((name) => `pathlib.${name}`),
]
/** Types of tensors, as values beside them. */
const dtypes = [
  ...['float64', 'float32', 'float16', 'bfloat16', 'double', 'float', 'half', 'bool', 'complex64', 'complex128'],
  ...['int64', 'int32', 'int16', 'int8', 'uint8', 'long', 'int', 'short'],
].map((name) => `torch.${name}`)

/** Storages of numbers, of which tensors are made. */
export class Storage implements StoredNumbers {
  constructor(
    readonly type: StoredType,
    readonly key: string,
    readonly length: number,
  ) {}
}

/** A tensor that a pickle describes: elements of a storage. */
export class PickledTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** What pickles of PyTorch may say: tensors and plain containers. */
export const rules: UnpickleOptions = {
  globals: new Set([
    ...[orderedDict, rebuildTensor, rebuildUntyped, rebuildParameter, size],
    ...[...records, ...dicts, ...leftOut, ...dtypes, ...tensorTypes.keys(), ...storageTypes.keys()],
  ]),
  call,
  persistent,
}

function persistent(id: Pickled): Storage {
  // Legacy files say as a sixth which part of another storage this is, if it is one.
  const [kind, type, key, , length, part = null] = Array.isArray(id) ? id : []
  const stored = type instanceof PickledGlobal ? storageTypes.get(type.name) : undefined
  if (kind !== 'storage' || !stored || typeof key !== 'string' || !isCount(length) || part !== null)
    throw new Error(`pickle: expected a reference to a tensor's storage, got ${describe(id)}`)
  return new Storage(stored, key, length)
}

function call({ name }: PickledGlobal, args: readonly Pickled[]): Pickled {
  const [first] = args
  if (name === orderedDict && args.length === 0) return new Map()
  if (name === orderedDict && args.length === 1 && Array.isArray(first)) return dictOf(first)
  if (records.includes(name) && args.length === 0) return new PickledRecord()
  if (dicts.includes(name)) return new Map()
  if (leftOut.includes(name)) return null
  if (name === rebuildParameter && first instanceof PickledTensor) return first
  if (name === size && args.length === 1 && isShape(first)) return first
  if (name === rebuildTensor) return tensorOf(args)
  if (name === rebuildUntyped) return untypedTensor(args)
  throw new Error(`pickle: refused to call ${name} with ${args.length} arguments`)
}

const dictsOf = new WeakMap<readonly Pickled[], Pickled>()

/** The dict of a list of pairs; the same one each time, or a short pickle could make many large ones of one list. */
function dictOf(pairs: readonly Pickled[]): Pickled {
  const known = dictsOf.get(pairs)
  if (known) return known
  const dict = new Map<string | number, Pickled>()
  for (const pair of pairs) {
    const [key, value] = Array.isArray(pair) && pair.length === 2 ? pair : []
    if (typeof key !== 'string' && typeof key !== 'number')
      throw new Error(`pickle: expected pairs of a string or number and a value, got ${describe(pair)}`)
    dict.set(key, value)
  }
  dictsOf.set(pairs, dict)
  return dict
}

function tensorOf([storage, offset, shape, strides]: readonly Pickled[]): PickledTensor {
  if (!(storage instanceof Storage && isCount(offset) && isShape(shape) && isShape(strides)))
    throw new Error(
      `pickle: expected a tensor's storage, offset, size and stride, got ${[storage, offset, shape, strides].map(describe)}`,
    )
  const place = `size [${shape}] and stride [${strides}] at ${offset}`
  const within = `its storage of ${storage.length} elements, got ${place}`
  if (shape.length !== strides.length || lastIndex(shape, strides, offset) >= storage.length)
    throw new Error(`pickle: expected a tensor inside ${within}`)
  if (sizeOf(shape) > storage.length) throw new Error(`pickle: expected a tensor no larger than ${within}`)
  return new PickledTensor(storage, offset, shape, strides)
}

/** A tensor of types that are younger than typed storages: it says itself how to read the bytes. */
function untypedTensor([bytes, offset, shape, strides, , , dtype]: readonly Pickled[]): PickledTensor {
  const known = dtype instanceof PickledGlobal ? tensorTypes.get(dtype.name) : undefined
  if (!known || !(bytes instanceof Storage))
    throw new Error(`pickle: expected a tensor of ${[...tensorTypes.keys()].join(', ')}, got ${describe(dtype)}`)
  const [type, width] = known
  return tensorOf([new Storage(type, bytes.key, Math.floor(bytes.length / width)), offset, shape, strides])
}

const isCount = (value: Pickled): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const describe = (value: Pickled): string =>
  value instanceof PickledGlobal ? value.name : Array.isArray(value) ? `a tuple of ${value.length}` : typeof value
