import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { type DType, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { writeAtomically } from './atomic-file.ts'
import { type ByteSource, chunkBytes, withSource } from './byte-source.ts'
import { decode, toNDArray } from './elements.ts'
import { checksumKey, maxHeaderBytes, noChecksum, parseHeader } from './safetensors-header.ts'

/** Tensors by name, and what the file says about itself. */
export interface Safetensors {
  readonly tensors: Record<string, NDArray>
  readonly metadata: Record<string, string>
}

/** Options of {@link readSafetensors}. */
export interface ReadSafetensorsOptions {
  /** Which tensors to keep in memory; all by default. The others are still read, for the checksum. */
  readonly keep?: (name: string) => boolean
}

/**
 * Reads a safetensors file, from a path or from its bytes, and checks every length and offset in it. Other element types
 * are converted as {@link toNDArray} does: F16, BF16 and F64 to float32, integers to int32.
 * A file that {@link writeSafetensors} wrote carries a checksum, which is verified.
 * @throws if the file is cut short, corrupt or inconsistent, naming it and what was expected.
 */
export const readSafetensors = (
  from: string | Uint8Array,
  options: ReadSafetensorsOptions = {},
): Promise<Safetensors> =>
  withSource(from, async (source) => {
    try {
      return await readFrom(source, options)
    } catch (cause) {
      throw new Error(`safetensors ${source.name}: ${(cause as Error).message}`, { cause })
    }
  })

async function readFrom(source: ByteSource, { keep = () => true }: ReadSafetensorsOptions): Promise<Safetensors> {
  const lengthBytes = await source.read(0, 8)
  const headerLength = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true))
  if (headerLength > Math.min(maxHeaderBytes, source.size - 8))
    throw new Error(`expected a header of at most ${source.size - 8} bytes, got a length of ${headerLength}`)
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await source.read(8, headerLength))
  const dataStart = 8 + headerLength
  const { entries, metadata } = parseHeader(text, source.size - dataStart)

  const { [checksumKey]: checksum, ...described } = metadata
  const hash = createHash('sha256').update(lengthBytes)
  hash.update(checksum === undefined ? text : text.replace(checksumField(checksum), checksumField(noChecksum)))
  const tensors: [string, NDArray][] = []
  for (const { name, type, shape, begin, end } of entries) {
    const bytes = await source.read(dataStart + begin, end - begin)
    if (checksum !== undefined) hash.update(bytes)
    if (keep(name)) tensors.push([name, within(`tensor '${name}'`, () => toNDArray(decode(type, shape, bytes)))])
  }
  if (checksum !== undefined) {
    const digest = hash.digest('hex')
    if (digest !== checksum) throw new Error(`the file is corrupt: expected SHA-256 ${checksum}, got ${digest}`)
  }
  return { tensors: Object.fromEntries(tensors), metadata: described }
}

/**
 * Writes tensors to a safetensors file, atomically: `path` holds the old file or the whole new one, never a part.
 * The metadata gains `sha256`, the digest of the whole file as it is with zeros for the digest's own 64 digits;
 * the data is written and hashed in one pass and never copied.
 * @throws if the metadata already has `sha256`, or if writing fails: the error names the path and the reason.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, NDArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (checksumKey in metadata) throw new Error(`writeSafetensors: the metadata key '${checksumKey}' is reserved`)
  const ordered = Object.entries(tensors).sort(([, a], [, b]) => width[b.dtype] - width[a.dtype])
  const header = new TextEncoder().encode(headerText(ordered, metadata))
  const prefix = new Uint8Array(8 + header.length)
  new DataView(prefix.buffer).setBigUint64(0, BigInt(header.length), true)
  prefix.set(header, 8)

  await writeAtomically(path, async (file) => {
    const hash = createHash('sha256')
    let position = 0
    const append = async (bytes: Uint8Array) => {
      for (let done = 0; done < bytes.length; done += chunkBytes) {
        const chunk = bytes.subarray(done, done + chunkBytes)
        hash.update(chunk)
        await writeFully(file, chunk, position)
        position += chunk.length
      }
    }
    await append(prefix)
    for (const [, { data }] of ordered) await append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    const at = Buffer.from(prefix.buffer).indexOf(checksumField(noChecksum)) + checksumField('').length - 1
    await writeFully(file, new TextEncoder().encode(hash.digest('hex')), at)
  })
}

const width: Record<DType, number> = { float32: 4, int32: 4, bool: 1 }
const formatNames: Record<DType, string> = { float32: 'F32', int32: 'I32', bool: 'BOOL' }
const checksumField = (digits: string): string => `"${checksumKey}":"${digits}"`

function headerText(ordered: readonly [string, NDArray][], metadata: Readonly<Record<string, string>>): string {
  let end = 0
  const entries = ordered.map(([name, { dtype, shape, data }]) => {
    if (name === '__metadata__') throw new Error(`writeSafetensors: a tensor cannot be named '${name}'`)
    if (sizeOf(shape) !== data.length)
      throw new Error(`writeSafetensors: '${name}' [${shape}] holds ${sizeOf(shape)} values, got ${data.length}`)
    const begin = end
    end += data.byteLength
    return [name, { dtype: formatNames[dtype], shape, data_offsets: [begin, end] }]
  })
  const fields = { __metadata__: { [checksumKey]: noChecksum, ...metadata }, ...Object.fromEntries(entries) }
  const text = JSON.stringify(fields)
  const padding = (8 - (Buffer.byteLength(text) % 8)) % 8
  return text + ' '.repeat(padding)
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

function within<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw new Error(`${what}: ${(cause as Error).message}`, { cause })
  }
}
