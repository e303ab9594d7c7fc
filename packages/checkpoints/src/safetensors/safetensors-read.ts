import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { computedType } from '../arrays/elements.ts'
import { arrayPieces, digestedPieces, type Piece, type Place, readArray, readPieces } from '../arrays/read-array.ts'
import { maxJsonBytes } from '../json/json.ts'
import { type ByteSource, readBytes } from '../sources/byte-source.ts'
import { type Readable, withSource } from '../sources/open-source.ts'
import { strangerIn } from '../strangers.ts'
import { type Contents, type LazyTensor, named, tensorFile } from '../tensor-file.ts'
import { checksumField, checksumKey, type HeaderEntry, noChecksum, parseHeader, refusal } from './safetensors-header.ts'
import { sha256 } from './sha256.ts'

/** Tensors by name, and the metadata of the file. */
export interface Safetensors {
  readonly tensors: Record<string, NDArray>
  readonly metadata: Record<string, string>
}

/** Options of {@link readSafetensors}. */
export interface ReadSafetensorsOptions {
  /** Which tensors to keep in memory, by name and the file's metadata. Default: all. The others are still read if the file has a checksum. */
  readonly keep?: (name: string, metadata: Readonly<Record<string, string>>) => boolean
}

/**
 * Reads a safetensors file and checks every length and offset in it. Tensors are read into their final memory, without
 * a second copy. Other element types are converted as by {@link toNDArray}: F16, BF16, F8 and F64 to float32, integers
 * to int32. The checksum of a file of {@link writeSafetensors} is verified in the same pass.
 * @throws if the file is cut short, corrupt or inconsistent.
 */
export const readSafetensors = (from: Readable, { keep }: ReadSafetensorsOptions = {}): Promise<Safetensors> =>
  withSource(from, (source) =>
    named(`safetensors ${source.name}`, async () => {
      const { readAll, metadata } = tensorFile('safetensors', source, await safetensorsContents(source))
      return { tensors: await readAll(keep && ((name) => keep(name, metadata))), metadata: { ...metadata } }
    }),
  )

/** Reads the header only. */
export async function safetensorsContents(source: ByteSource): Promise<Contents> {
  const lengthBytes = await readBytes(source, 0, Math.min(source.size, 8))
  const length = source.size < 8 ? 0 : Number(new DataView(lengthBytes.buffer).getBigUint64(0, true))
  const most = Math.min(maxJsonBytes, source.size - 8)
  if (source.size < 8 || length > most) {
    const stranger = await strangerIn(source, 'the weights')
    throw new CascadeError(
      'checkpoint',
      stranger
        ? `expected a safetensors file, got ${stranger}`
        : `expected a header of at most ${most} bytes, got a length of ${length}: another format, or cut short`,
    )
  }
  const header = await readBytes(source, 8, length)
  const start = 8 + length
  const { entries, metadata } = parseHeader(header, source.size - start)
  const { [checksumKey]: checksum, ...described } = metadata
  const tensors = new Map<string, LazyTensor>()
  const unreadable = new Map<string, string>()
  const places = new Map<HeaderEntry, Place>()
  for (const entry of entries) {
    const { name, dtype, type, shape, begin } = entry
    if (!type) unreadable.set(name, refusal(dtype))
    else {
      const place = { type, shape, offset: start + begin }
      places.set(entry, place)
      tensors.set(name, { dtype: computedType(type), shape, read: () => readArray(source, place) })
    }
  }

  /** In the order of the file, so that one pass reads and hashes. */
  const readAll = async (keep: (name: string) => boolean): Promise<Record<string, NDArray>> => {
    const hash = checksum === undefined ? undefined : sha256()
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(header)
    hash?.update(lengthBytes)
    hash?.update(new TextEncoder().encode(text.replace(checksumField(checksum!), checksumField(noChecksum))))
    const arrays: [string, NDArray][] = []
    function* pieces(): Generator<Piece> {
      for (const entry of entries) {
        const place = places.get(entry)
        if (place && keep(entry.name)) {
          const { array, pieces } = arrayPieces(source, place)
          arrays.push([entry.name, array])
          yield* within(`tensor '${entry.name}'`, pieces)
        } else if (hash) yield* digestedPieces(start + entry.begin, entry.end - entry.begin)
      }
    }
    await readPieces(source, pieces(), hash && ((bytes) => hash.update(bytes)))
    const digest = hash?.digest()
    if (digest !== checksum)
      throw new CascadeError('checkpoint', `the file is corrupt: expected SHA-256 ${checksum}, got ${digest}`)
    return Object.fromEntries(arrays)
  }
  return { tensors, unreadable, metadata: described, readAll }
}

/** Pieces whose errors begin with a name. */
function* within(what: string, pieces: Iterable<Piece>): Generator<Piece> {
  for (const { use, ...piece } of pieces) {
    if (!use) yield piece
    else
      yield {
        ...piece,
        use(bytes) {
          try {
            use(bytes)
          } catch (cause) {
            throw new CascadeError('checkpoint', `${what}: ${(cause as Error).message}`, { cause })
          }
        },
      }
  }
}
