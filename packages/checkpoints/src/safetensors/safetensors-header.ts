import { sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { byteWidth, type StoredType } from '../arrays/elements.ts'
import { asRecord, isShape, parseJson, shorten, show } from '../json/json.ts'

/** The place of a tensor in the data section: bytes `begin` to `end`. */
export interface HeaderEntry {
  readonly name: string
  readonly dtype: string
  /** Undefined for types that are not supported. */
  readonly type: StoredType | undefined
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

export interface Header {
  /** In the order of the data section, which they fill without gap or overlap. */
  readonly entries: readonly HeaderEntry[]
  readonly metadata: Readonly<Record<string, string>>
}

/** The names of element types in the format. */
const storedTypes: ReadonlyMap<string, StoredType> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F8_E4M3', 'float8-e4m3'],
  ['F8_E5M2', 'float8-e5m2'],
  ['F8_E4M3FNUZ', 'float8-e4m3fnuz'],
  ['F8_E5M2FNUZ', 'float8-e5m2fnuz'],
  ['F8_E8M0', 'float8-e8m0'],
  ['I64', 'int64'],
  ['U64', 'uint64'],
  ['I32', 'int32'],
  ['U32', 'uint32'],
  ['I16', 'int16'],
  ['U16', 'uint16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
])

/** Why a tensor of another type is not read. */
export const refusal = (dtype: string): string =>
  `numbers of ${shorten(dtype)} are not read, only ${[...storedTypes.keys()].join(', ')}: save it as one of these`

/** The metadata key of the checksum, and its placeholder while the checksum is computed. */
export const checksumKey = 'sha256'
export const noChecksum = '0'.repeat(64)
export const checksumField = (digits: string): string => `"${checksumKey}":"${digits}"`

/** The header, a tensor or the metadata, a shape or two offsets. */
const headerDepth = 3

/**
 * Reads a safetensors header and checks it against the length of the data section.
 * @throws without the name of the file.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number): Header {
  const record = asRecord(parseJson(bytes, headerDepth), 'the header')
  const entries = Object.entries(record)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(name, value))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const entry of entries) {
    if (entry.begin !== end)
      throw new CascadeError(
        'checkpoint',
        `tensor '${shorten(entry.name)}': expected its data to begin at ${end}, where the one before ends, got ${entry.begin}`,
      )
    end = entry.end
  }
  if (end !== dataBytes)
    throw new CascadeError(
      'checkpoint',
      `expected ${end} bytes of data after the header, got ${dataBytes}: cut short or corrupt`,
    )
  const metadata = asRecord(record.__metadata__ ?? {}, 'the metadata')
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== 'string')
      throw new CascadeError('checkpoint', `metadata '${shorten(key)}': expected a string, got ${show(value)}`)
  return { entries, metadata: metadata as Record<string, string> }
}

function parseEntry(name: string, value: unknown): HeaderEntry {
  const what = `tensor '${shorten(name)}'`
  const { dtype, shape, data_offsets: offsets } = asRecord(value, what)
  if (typeof dtype !== 'string') throw new CascadeError('checkpoint', `${what}: expected a dtype, got ${show(dtype)}`)
  const type = storedTypes.get(dtype)
  if (!isShape(shape)) throw new CascadeError('checkpoint', `${what}: expected a shape, got ${show(shape)}`)
  if (!isShape(offsets) || offsets.length !== 2)
    throw new CascadeError('checkpoint', `${what}: expected two data offsets, got ${show(offsets)}`)
  const [begin, end] = offsets as [number, number]
  // The size of an unknown type is unknown too.
  const bytes = type ? sizeOf(shape) * byteWidth[type] : Math.max(end - begin, 0)
  if (end - begin !== bytes)
    throw new CascadeError(
      'checkpoint',
      `${what}: expected ${bytes} bytes for ${shorten(dtype)} [${shape}], got ${end - begin}`,
    )
  return { name, dtype, type, shape, begin, end }
}
