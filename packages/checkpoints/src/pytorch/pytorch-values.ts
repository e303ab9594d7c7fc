import { CascadeError } from '@cascade-diffusion/checks'
import { isShape, shorten } from '../json/json.ts'
import { type Pickled, PickledBytes, PickledGlobal, PickledObject } from './pickled.ts'
import { describe, Storage, tensorOf } from './pytorch-tensor.ts'
import { storageTypes } from './pytorch-types.ts'
import type { UnpickleOptions } from './unpickle.ts'

const orderedDict = 'collections.OrderedDict'
/** Dicts whose other properties do not matter. */
const dicts = ['collections.defaultdict', 'collections.Counter']
/** Sets, which are read as lists. */
const sets = ['builtins', '__builtin__'].flatMap((module) => [`${module}.set`, `${module}.frozenset`])
/** The function for bytes in pickles that Python 2 can read. */
const encode = '_codecs.encode'

/** The meaning of pickles of PyTorch: tensors, and their containers. Everything else is an unknown object. */
export const rules: UnpickleOptions = { call, persistent }

function persistent(id: Pickled): Pickled {
  const [kind, type, key, , length, part = null] = Array.isArray(id) ? id : []
  // A class with its source code: before 1.6 PyTorch saved whole modules so.
  if (kind === 'module' && type instanceof PickledGlobal) return type
  // The key of the part, its beginning in the storage, and its length.
  const [, begin = 0, count = length] = Array.isArray(part) ? part : []
  const isStorage = kind === 'storage' && type instanceof PickledGlobal && typeof key === 'string'
  if (!isStorage || ![length, begin, count].every(isCount))
    throw new CascadeError('checkpoint', `pickle: expected a reference to a tensor's storage, got ${describe(id)}`)
  return new Storage(type.name, storageTypes.get(type.name), key, length, begin, count)
}

function call({ name }: PickledGlobal, args: readonly Pickled[]): Pickled {
  const [first] = args
  if (name === orderedDict && args.length === 0) return new Map()
  if (name === orderedDict && args.length === 1 && Array.isArray(first)) return dictOf(first)
  if (dicts.includes(name)) return new Map()
  if (name === 'torch.Size' && args.length === 1 && isShape(first)) return first
  if (sets.includes(name) && Array.isArray(first)) return first
  if (name === encode && typeof first === 'string') return new PickledBytes(shorten(first))
  return tensorOf(name, args) ?? new PickledObject(name)
}

const dictsOf = new WeakMap<readonly Pickled[], Pickled>()

/** The dict of a list of pairs, made once: a short pickle could otherwise make many large dicts of one list. */
function dictOf(pairs: readonly Pickled[]): Pickled {
  const known = dictsOf.get(pairs)
  if (known) return known
  const dict = new Map<Pickled, Pickled>()
  for (const pair of pairs) if (Array.isArray(pair)) dict.set(pair[0], pair[1])
  dictsOf.set(pairs, dict)
  return dict
}

const isCount = (value: Pickled): value is number => Number.isSafeInteger(value) && (value as number) >= 0
