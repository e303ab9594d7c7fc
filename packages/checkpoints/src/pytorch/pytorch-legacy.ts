import { CascadeError } from '@cascade-diffusion/checks'
import { type ByteSource, readBytes, sliceSource } from '../sources/byte-source.ts'
import type { ZipEntry } from '../zip/zip.ts'
import { type Pickled, type PickledGlobal, PickledObject } from './pickled.ts'
import { Storage } from './pytorch-tensor.ts'
import { type UnpickleOptions, unpickleFrom } from './unpickle.ts'

/** The content of a file of `torch.save`: an object whose tensors refer to storages, and the places of their bytes. */
export interface Saved {
  readonly root: Pickled
  readonly bigEndian: boolean
  readonly open: (key: string) => Promise<ZipEntry>
}

/** The number 0x1950a86a20f9469cfc6c in a pickle, which ends the first pickle of such files. */
const magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
const frameBytes = 9
const protocol = 1001

/** The pickles of a file, without its numbers, are shorter than this. */
const maxPickles = 1 << 26

/** Whether a file has the format of `torch.save` before torch 1.6, or of `_use_new_zipfile_serialization=False`. */
export const isLegacy = async (source: ByteSource): Promise<boolean> => (await magicEnd(source)) !== undefined

/** The end of the first pickle, of protocol 2 or later, if it is the magic number. From protocol 4 it is in a frame. */
async function magicEnd(source: ByteSource): Promise<number | undefined> {
  const start = [...(await readBytes(source, 0, Math.min(source.size, 2 + frameBytes + magic.length)))]
  const [opcode, version = 0, frame] = start
  if (opcode !== 0x80 || version < 2 || version > 5) return undefined
  const from = version >= 4 && frame === 0x95 ? 2 + frameBytes : 2
  const end = from + magic.length
  return String(start.slice(from, end)) === String(magic) ? end : undefined
}

/**
 * Reads such a file: pickles of the magic number, the number of the protocol, the properties of the machine, the object
 * and the keys of the storages; then, in the order of the keys, the length of each storage in 8 bytes and its numbers.
 * @throws without the name of the file, if it is cut short or violates the format.
 */
export async function readLegacy(source: ByteSource, options: UnpickleOptions): Promise<Saved> {
  const pickles = await readBytes(source, 0, Math.min(source.size, maxPickles))
  const storages = new Map<string, Storage>()
  const persistent = (id: Pickled) => {
    const storage = options.persistent(id)
    if (!(storage instanceof Storage)) return storage
    const { kind, length } = storages.get(storage.key) ?? storage
    if (kind !== storage.kind || length !== storage.length)
      throw new CascadeError(
        'checkpoint',
        `pickle: expected one storage '${storage.key}', got ${kind} [${length}] and another`,
      )
    storages.set(storage.key, storage)
    return storage
  }
  let at = (await magicEnd(source)) ?? 0
  const next = (rules: UnpickleOptions): Pickled => {
    const { value, end } = unpickleFrom(pickles, at, rules)
    at = end
    return value
  }
  const plain = { ...options, call: ({ name }: PickledGlobal) => new PickledObject(name) }
  const version = next(plain)
  if (version !== protocol)
    throw new CascadeError(
      'checkpoint',
      `expected protocol ${protocol}, got ${typeof version === 'number' ? version : 'none'}`,
    )
  const machine = next(plain)
  if (!(machine instanceof Map && machine.get('little_endian') === true))
    throw new CascadeError('checkpoint', 'expected the properties of a little-endian machine')
  const root = next({ ...options, persistent })
  const keys = next(plain)
  if (!Array.isArray(keys) || new Set(keys).size !== keys.length || keys.some((key) => !storages.has(key)))
    throw new CascadeError('checkpoint', 'expected a list of the keys of the storages')
  const places = await placesOf(source, at, keys as string[], storages)
  return {
    root,
    bigEndian: false,
    async open(key) {
      const place = places.get(key)
      if (!place)
        throw new CascadeError(
          'checkpoint',
          `expected a storage '${key}', there is none, or it follows one of an unknown type`,
        )
      return { source: sliceSource(source, place.offset, place.size), verify() {} }
    },
  }
}

async function placesOf(
  source: ByteSource,
  start: number,
  keys: readonly string[],
  storages: ReadonlyMap<string, Storage>,
): Promise<Map<string, { offset: number; size: number }>> {
  const places = new Map<string, { offset: number; size: number }>()
  let offset = start
  for (const key of keys) {
    const { stored, length } = storages.get(key)!
    const header = await readBytes(source, offset, 8)
    const found = new DataView(header.buffer).getBigUint64(0, true)
    if (found !== BigInt(length))
      throw new CascadeError('checkpoint', `storage '${key}': expected ${length} numbers, got ${found}`)
    // The place of the next one is then unknown.
    if (!stored) return places
    const size = length * stored.bytes
    places.set(key, { offset: offset + 8, size })
    offset += 8 + size
  }
  if (offset !== source.size)
    throw new CascadeError('checkpoint', `expected ${offset} bytes, got ${source.size}: cut short or corrupt`)
  return places
}
