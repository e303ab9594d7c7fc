import { type ByteSource, readBytes } from './byte-source.ts'
import { byteWidth, type StoredType } from './elements.ts'
import { type Pickled, type UnpickleOptions, unpickleFrom } from './unpickle.ts'

/** A storage that a pickle refers to: so many numbers of a type, by a key. */
export interface StoredNumbers {
  readonly type: StoredType
  readonly key: string
  readonly length: number
}

/** What `torch.save` wrote: an object whose tensors refer to storages, and the bytes of each. */
export interface Saved {
  readonly root: Pickled
  readonly bytesOf: (storage: StoredNumbers) => Promise<Uint8Array<ArrayBuffer>>
}

/** The pickle of the number 0x1950a86a20f9469cfc6c, with which such files begin. */
const magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
const protocol = 1001

/** The pickles of a file, without its numbers, are shorter than this. */
const maxPickles = 1 << 26

/** Whether a file is as `torch.save` wrote it before torch 1.6, and does since with `_use_new_zipfile_serialization=False`. */
export async function isLegacy(source: ByteSource): Promise<boolean> {
  if (source.size < magic.length) return false
  return String(await readBytes(source, 0, magic.length)) === String(magic)
}

/**
 * Reads such a file: pickles of the magic number, of the protocol's number, of the machine's properties, of the object and of
 * the storages' keys; then, in the order of the keys, the length of each storage in 8 bytes and its numbers.
 * @throws without the file's name, if it is cut short or does not keep to that.
 */
export async function readLegacy(source: ByteSource, options: UnpickleOptions): Promise<Saved> {
  const pickles = await readBytes(source, 0, Math.min(source.size, maxPickles))
  const storages = new Map<string, StoredNumbers>()
  const persistent = (id: Pickled) => {
    const storage = options.persistent(id) as StoredNumbers
    const { type, length } = storages.get(storage.key) ?? storage
    if (type !== storage.type || length !== storage.length)
      throw new Error(`pickle: expected one storage '${storage.key}', got ${type} [${length}] and another`)
    storages.set(storage.key, storage)
    return storage
  }
  let at = magic.length
  const next = (rules: UnpickleOptions): Pickled => {
    const { value, end } = unpickleFrom(pickles, at, rules)
    at = end
    return value
  }
  const plain = { ...options, globals: new Set<string>() }
  const version = next(plain)
  if (version !== protocol)
    throw new Error(`expected protocol ${protocol}, got ${typeof version === 'number' ? version : 'none'}`)
  const machine = next(plain)
  if (!(machine instanceof Map && machine.get('little_endian') === true))
    throw new Error('expected the properties of a little-endian machine')
  const root = next({ ...options, persistent })
  const keys = next(plain)
  if (!Array.isArray(keys) || new Set(keys).size !== keys.length || keys.some((key) => !storages.has(key)))
    throw new Error('expected a list of the keys of the storages')
  const places = await placesOf(source, at, keys as string[], storages)
  return {
    root,
    async bytesOf({ key }) {
      const place = places.get(key)
      if (!place) throw new Error(`expected a storage '${key}', there is none`)
      return readBytes(source, place.offset, place.size)
    },
  }
}

async function placesOf(
  source: ByteSource,
  start: number,
  keys: readonly string[],
  storages: ReadonlyMap<string, StoredNumbers>,
): Promise<Map<string, { offset: number; size: number }>> {
  const places = new Map<string, { offset: number; size: number }>()
  let offset = start
  for (const key of keys) {
    const { type, length } = storages.get(key) as StoredNumbers
    const header = await readBytes(source, offset, 8)
    const found = new DataView(header.buffer).getBigUint64(0, true)
    if (found !== BigInt(length)) throw new Error(`storage '${key}': expected ${length} numbers, got ${found}`)
    const size = length * byteWidth[type]
    places.set(key, { offset: offset + 8, size })
    offset += 8 + size
  }
  if (offset !== source.size) throw new Error(`expected ${offset} bytes, got ${source.size}: cut short or corrupt`)
  return places
}
