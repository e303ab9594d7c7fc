import { sizeOf } from '@cascade-diffusion/arrays'
import { byteWidth, type StoredType } from './elements.ts'

/** One tensor's place in the data section: bytes `begin` to `end`. */
interface HeaderEntry {
  readonly name: string
  readonly type: StoredType
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

export interface Header {
  /** In the order of the data section, which they fill without gap or overlap. */
  readonly entries: readonly HeaderEntry[]
  readonly metadata: Readonly<Record<string, string>>
}

/** The names that the format gives to element types. */
const storedTypes: ReadonlyMap<string, StoredType> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
])

/** The metadata key of the checksum, and what stands in its place while it is computed. */
export const checksumKey = 'sha256'
export const noChecksum = '0'.repeat(64)

/** The longest header that the format allows, in bytes. */
export const maxHeaderBytes = 100_000_000

/**
 * Reads a safetensors header and checks all of it against the length of the data section.
 * @throws saying what was expected and what came, without the file's name.
 */
export function parseHeader(text: string, dataBytes: number): Header {
  const record = asRecord(parseJson(text), 'the header')
  const entries = Object.entries(record)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(name, value))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const entry of entries) {
    if (entry.begin !== end)
      throw new Error(
        `tensor '${entry.name}': expected its data to begin at ${end}, where the one before ends, got ${entry.begin}`,
      )
    end = entry.end
  }
  if (end !== dataBytes)
    throw new Error(`expected ${end} bytes of data after the header, got ${dataBytes}: cut short or corrupt`)
  const metadata = asRecord(record.__metadata__ ?? {}, 'the metadata')
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== 'string') throw new Error(`metadata '${key}': expected a string, got ${JSON.stringify(value)}`)
  return { entries, metadata: metadata as Record<string, string> }
}

function parseEntry(name: string, value: unknown): HeaderEntry {
  const { dtype, shape, data_offsets: offsets } = asRecord(value, `tensor '${name}'`)
  const type = storedTypes.get(String(dtype))
  if (!type)
    throw new Error(
      `tensor '${name}': expected a dtype of ${[...storedTypes.keys()].join(', ')}, got ${JSON.stringify(dtype)}`,
    )
  if (!isCounts(shape)) throw new Error(`tensor '${name}': expected a shape, got ${JSON.stringify(shape)}`)
  if (!isCounts(offsets) || offsets.length !== 2)
    throw new Error(`tensor '${name}': expected two data offsets, got ${JSON.stringify(offsets)}`)
  const [begin, end] = offsets as [number, number]
  if (end - begin !== sizeOf(shape) * byteWidth[type])
    throw new Error(
      `tensor '${name}': expected ${sizeOf(shape) * byteWidth[type]} bytes for ${dtype} [${shape}], got ${end - begin}`,
    )
  return { name, type, shape, begin, end }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`expected a header of JSON, got ${JSON.stringify(text.slice(0, 40))}`, { cause })
  }
}

function asRecord(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what}: expected a JSON object, got ${JSON.stringify(value)?.slice(0, 40)}`)
  return value as Record<string, unknown>
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0)
