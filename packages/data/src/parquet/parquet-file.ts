import { strangerIn } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'
import type { FileMetaData, SchemaTree } from 'hyparquet'
import { type ReadBytes, withFile } from '../reading/file-bytes.ts'
import { thriftEnd } from './check-thrift.ts'
import type { Chunk } from './pages.ts'

/** What the footer of a file says. */
export interface ParquetFile {
  readonly path: string
  /** The rows of each row group. */
  readonly groupRows: readonly number[]
  /** The columns, by their paths: `image.bytes`. */
  readonly columns: ReadonlyMap<string, Column>
  /** The texts of its metadata, by key. */
  readonly metadata: ReadonlyMap<string, string>
}

/** A column of a file. */
export interface Column {
  readonly name: string
  readonly isText: boolean
  /** Its type, for errors: `bytes`, `text`, `INT64`. */
  readonly type: string
  /** Why it cannot be read, if it cannot. */
  readonly unsupported?: string
  /** Its values, for each row group. */
  readonly chunks: readonly Chunk[]
  /** The nulls, if every row group counts them. */
  readonly nulls?: number
}

/** A file may have so many rows, or as many as it has bytes. Others are refused before memory is reserved for them. */
const plausibleRows = 1 << 24

const magic = 'PAR1'

/**
 * Reads the footer of a file, and nothing else.
 * @throws {CascadeError} of code `file` if it cannot be read; of code `data` if it is not a Parquet file, or is cut
 * short or damaged.
 */
export const openParquet = (path: string): Promise<ParquetFile> =>
  withFile(path, async (read, size) => {
    const footer = await footerOf(path, read, size)
    return inData(`${path}: its footer is damaged`, () => fileOf(path, size, footer))
  })

/** Runs a function whose errors become errors in data that begin with a name. */
export async function inData<T>(where: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof CascadeError) throw cause
    throw new CascadeError('data', `${where}: ${(cause as Error).message}`, { cause })
  }
}

/** The metadata with the eight bytes that follow it. */
async function footerOf(path: string, read: ReadBytes, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
  const [start, end] = size < 12 ? [new Uint8Array(0), new Uint8Array(8)] : [await read(0, 4), await read(size - 8, 8)]
  const [first, last] = [text(start), text(end.subarray(4))]
  if (first === 'PARE' || last === 'PARE')
    throw new CascadeError('unsupported', `${path}: the file is encrypted: decrypt it first`)
  if (last !== magic) {
    const stranger =
      first === magic ? 'one that begins so and ends otherwise: cut short' : await strangerOf(path, read, size)
    throw new CascadeError('data', `${path}: expected a Parquet file, which ends with ${magic}, got ${stranger}`)
  }
  const length = new DataView(end.buffer, end.byteOffset).getUint32(0, true)
  if (length > size - 12)
    throw new CascadeError('data', `${path}: its footer claims ${length} bytes of ${size}: cut short or damaged`)
  return read(size - 8 - length, length + 8)
}

async function strangerOf(name: string, read: ReadBytes, size: number): Promise<string> {
  const readInto = async (target: Uint8Array, offset: number) => target.set(await read(offset, target.length))
  return (await strangerIn({ name, size, readInto, close: async () => {} }, 'the data')) ?? 'another format'
}

async function fileOf(path: string, size: number, footer: Uint8Array<ArrayBuffer>): Promise<ParquetFile> {
  if (thriftEnd(footer) === undefined) throw new Error('it ends too early')
  // Loaded when a file needs it, as its start takes a while.
  const { parquetMetadata, parquetSchema } = await import('hyparquet')
  const data = parquetMetadata(footer, { geoparquet: false })
  const groupRows = data.row_groups.map(({ num_rows }) => wholeNumber(num_rows, 'a number of rows'))
  const rows = groupRows.reduce((sum, n) => sum + n, 0)
  if (rows > Math.max(plausibleRows, size)) throw new Error(`it claims ${rows} rows in ${size} bytes`)
  const columns = leaves(parquetSchema(data)).map(({ path: nodes, levels, repeated }, i) => {
    const name = nodes.map(({ element }) => element.name).join('.')
    const { element } = nodes.at(-1) as SchemaTree
    const { type, converted_type, logical_type } = element
    const isText = converted_type === 'UTF8' || logical_type?.type === 'STRING'
    const chunks = data.row_groups.map(({ columns: chunksOf }, group) => {
      const chunk = chunksOf[i]
      if (chunk?.meta_data?.path_in_schema.join('.') !== name)
        throw new Error(`row group ${group} has no column ${name} at place ${i}`)
      return chunkOf(chunk, size, groupRows[group] as number, levels)
    })
    const counts = data.row_groups.map(({ columns: chunksOf }) => chunksOf[i]?.meta_data?.statistics?.null_count)
    const known = counts.every((count) => count !== undefined)
    const external = data.row_groups.some(({ columns: chunksOf }) => chunksOf[i]?.file_path)
    return {
      name,
      isText,
      type: type === 'BYTE_ARRAY' ? (isText ? 'text' : 'bytes') : `${type}`,
      unsupported: repeated ? 'a list' : external ? 'its values are in another file' : undefined,
      chunks,
      nulls: known ? counts.reduce((sum: number, count) => sum + Number(count), 0) : undefined,
    }
  })
  return {
    path,
    groupRows,
    columns: new Map(columns.map((column) => [column.name, column])),
    metadata: new Map(data.key_value_metadata?.map(({ key, value }) => [key, value ?? ''])),
  }
}

function wholeNumber(value: bigint | number | undefined, what: string): number {
  const number = Number(value)
  if (!(Number.isSafeInteger(number) && number >= 0)) throw new Error(`${what} is ${value}`)
  return number
}

type ColumnChunk = FileMetaData['row_groups'][number]['columns'][number]

function chunkOf(chunk: ColumnChunk, size: number, rows: number, maxLevel: number): Chunk {
  const data = chunk.meta_data as NonNullable<ColumnChunk['meta_data']>
  const first = wholeNumber(data.data_page_offset, 'the place of a page')
  const dictionary = Number(data.dictionary_page_offset ?? 0)
  const start = dictionary > 0 && dictionary < first ? dictionary : first
  const bytes = wholeNumber(data.total_compressed_size, 'the length of a column')
  if (start + bytes > size) throw new Error(`a column claims bytes ${start} to ${start + bytes} of ${size}`)
  const { offset_index_offset: indexStart, offset_index_length: indexBytes } = chunk
  return {
    start,
    bytes,
    rows,
    codec: data.codec,
    type: data.type,
    maxLevel,
    offsetIndex: indexStart && indexBytes ? { start: Number(indexStart), bytes: Number(indexBytes) } : undefined,
  }
}

/** A column of values: the nodes of the schema from the outermost to it. */
interface Leaf {
  readonly path: readonly SchemaTree[]
  /** The nodes that may be null. */
  readonly levels: number
  readonly repeated: boolean
}

/** The columns of values in their order. */
function leaves(root: SchemaTree): Leaf[] {
  const walk = (node: SchemaTree, { path, levels, repeated }: Leaf): Leaf[] => {
    const { repetition_type } = node.element
    const leaf = {
      path: [...path, node],
      levels: levels + Number(repetition_type !== 'REQUIRED'),
      repeated: repeated || repetition_type === 'REPEATED',
    }
    return node.children.length === 0 ? [leaf] : node.children.flatMap((child) => walk(child, leaf))
  }
  return root.children.flatMap((child) => walk(child, { path: [], levels: 0, repeated: false }))
}
