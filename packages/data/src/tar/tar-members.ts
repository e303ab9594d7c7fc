import { CascadeError, shown } from '@cascade-diffusion/checks'
import { type PaxValues, paxValues } from './pax.ts'
import { blockSize, checksums, fields, padded } from './tar-header.ts'
import type { WindowedFile } from './windowed-file.ts'

/** A regular file in a tar. */
export interface TarMember {
  /** The bytes of its name, each as one character: names need not be UTF-8. `memberName` decodes it. */
  readonly name: string
  /** The place of its bytes in the tar. */
  readonly offset: number
  readonly size: number
}

/** The name as text. */
export const memberName = (name: string): string =>
  /^[\0-\x7f]*$/.test(name) ? name : Buffer.from(name, 'latin1').toString()

/** Names and pax headers longer than this are refused. */
const longest = { name: 1 << 16, pax: 1 << 20 }

/** Bytes of zeros after the end of a tar: where tars are joined, there are as many as fill a block of the writer, 10 kB by default. */
const longestEnd = 1 << 26

/** Types of entries without data, whatever their size says: links, devices, folders, pipes. */
const withoutData = '123456'

/** No extended header. */
const none: PaxValues = {}

/**
 * The regular files of a tar, by its headers alone: ustar, GNU long names, pax (paths and sizes), sizes in base 256. Folders, links, devices
 * and unknown types are skipped. Where another tar follows the end of one, it is read too, after `undefined`.
 * @throws {CascadeError} of code `data` that names the file and the place if a header is damaged or the file is cut off; of code
 * `unsupported` on sparse files.
 */
export async function* tarMembers(file: WindowedFile): AsyncGenerator<TarMember | undefined> {
  let globals: PaxValues = {}
  let own = none
  let ended = false
  let end = 0
  for (let at = 0; ; ) {
    if (at === file.size && ended) return
    if (at === file.size)
      throw new CascadeError(
        'data',
        `${file.path}: expected blocks of zeros at the end, got none at ${at}: it is cut off; if nothing is missing, append 1024 zeros`,
      )
    const block = await file.at(at, Math.min(blockSize, file.size - at))
    if (isZero(block)) {
      if (own !== none) throw damaged(file, at, 'the header that an extended one belongs to', 'zeros')
      if (!ended) {
        yield undefined
        end = at
      }
      if (at - end > longestEnd)
        throw damaged(file, end, `at most ${longestEnd} zeros, then another tar or the end`, 'more zeros')
      ended = true
      globals = {}
      at += block.length
      continue
    }
    const header = parseHeader(file, block, at)
    ended = false
    const body = at + blockSize
    if ('xXgLK'.includes(header.type)) {
      const isName = header.type === 'L' || header.type === 'K'
      const most = isName ? longest.name : longest.pax
      if (header.size > most)
        throw damaged(file, at, `an extended header of at most ${most} bytes`, `${header.size} bytes`)
      const bytes = await file.at(body, header.size)
      const values = header.type === 'L' ? { path: untilZero(bytes) } : isName ? {} : paxValues(file.path, bytes, body)
      // The first of several counts, as in other readers.
      if (header.type === 'g') globals = { ...globals, ...values }
      else own = { ...values, ...own }
      at = body + padded(header.size)
      continue
    }
    const { path = header.name, size = header.size, sparse = false } = { ...globals, ...own }
    own = none
    const hasData = !withoutData.includes(header.type)
    const next = hasData ? body + padded(size) : body
    if (sparse || header.type === 'S')
      throw new CascadeError(
        'unsupported',
        `${file.path}: a sparse file at ${at}, '${memberName(path)}'; tar without --sparse`,
      )
    if (hasData && body + size > file.size)
      throw new CascadeError(
        'data',
        `${file.path}: expected ${size} bytes of '${memberName(path)}' at ${body}, got ${file.size - body}: it is cut off`,
      )
    if (isRegular(header.type, path)) yield { name: path, offset: body, size }
    at = Math.min(next, file.size)
  }
}

interface Header {
  readonly name: string
  readonly size: number
  readonly type: string
}

function parseHeader(file: WindowedFile, block: Buffer, at: number): Header {
  const sum = block.length < blockSize ? undefined : octal(block, fields.checksum)
  if (sum === undefined || !checksums(block).includes(sum)) throw noHeader(file, block, at)
  const size = sizeOf(block)
  if (size === undefined) throw damaged(file, at, 'a size', shown(text(block, fields.size)))
  const ustar = block.toString('latin1', fields.magic[0], fields.magic[0] + fields.magic[1]) === 'ustar\0'
  const prefix = ustar ? text(block, fields.prefix) : ''
  const name = text(block, fields.name)
  return {
    name: prefix ? `${prefix}/${name}` : name,
    size,
    type: block.toString('latin1', fields.type[0], fields.type[0] + 1),
  }
}

/** The error of a block that is no header. A tar may begin as compressed files do, with a file named `BZh`. */
function noHeader(file: WindowedFile, block: Buffer, at: number): CascadeError {
  const compression = at === 0 ? compressionOf(block) : undefined
  if (!compression)
    return damaged(file, at, 'a header of a tar', block.length < blockSize ? `${block.length} bytes` : 'other bytes')
  const [by, command] = compression
  return new CascadeError(
    'unsupported',
    `${file.path}: compressed by ${by}, so its images have no place to read them at; decompress it: ${command} ${file.path}`,
  )
}

/** '\0' is the type of files before POSIX, whose folders are files with a slash at the end; '7' has no meaning of its own today. */
const isRegular = (type: string, name: string): boolean =>
  type === '0' || type === '7' || (type === '\0' && !name.endsWith('/'))

type Field = readonly [offset: number, length: number]

const text = (block: Buffer, [at, length]: Field): string => untilZero(block.subarray(at, at + length))

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
}

/** A number in octal digits, between blanks. Empty is 0. */
function octal(block: Buffer, field: Field): number | undefined {
  const digits = /^ *([0-7]*) *$/.exec(text(block, field))?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits || '0', 8)
}

/** Octal digits, or, from a first bit of 1, a number in base 256. Undefined if it is negative or above 2^53. */
function sizeOf(block: Buffer): number | undefined {
  const [at, length] = fields.size
  if (block[at] !== 0x80) return octal(block, fields.size)
  let size = 0
  for (const byte of block.subarray(at + 1, at + length)) size = size * 256 + byte
  return Number.isSafeInteger(size) ? size : undefined
}

const zeros = Buffer.alloc(blockSize)

const isZero = (block: Buffer): boolean => block[0] === 0 && block.equals(zeros.subarray(0, block.length))

const damaged = (file: WindowedFile, at: number, expected: string, got: string): CascadeError =>
  new CascadeError('data', `${file.path}: expected ${expected} at ${at}, got ${got}`)

/** The name of a compression by a file's first bytes, and what undoes it. */
function compressionOf(block: Buffer): readonly [name: string, command: string] | undefined {
  const hex = block.toString('hex', 0, 6)
  if (hex.startsWith('1f8b')) return ['gzip', 'gunzip']
  if (hex.startsWith('28b52ffd')) return ['Zstandard', 'unzstd']
  if (hex.startsWith('fd377a585a00')) return ['xz', 'unxz']
  if (hex.startsWith('425a68')) return ['bzip2', 'bunzip2']
  return hex.startsWith('04224d18') ? ['LZ4', 'unlz4'] : undefined
}
