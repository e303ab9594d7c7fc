import { createHash } from 'node:crypto'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { writeAtomically } from '@cascade-diffusion/files'
import { blockSize, checksums, fields, padded } from './tar-header.ts'

/** A file of a tar. */
export interface TarEntry {
  /** Its path, with `/`, relative, without `..`. A name that is not ASCII or too long for a plain header takes a pax header. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** What {@link writeTar} wrote. */
export interface WrittenTar {
  /** Bytes of the file. */
  readonly size: number
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string
  /** The number of entries. */
  readonly count: number
}

/**
 * Writes files into a tar, in their order, one at a time: `path` holds the whole tar or what it held before. The same entries give the
 * same bytes: all times are 0, all owners 0. The format is ustar, with a pax header where a name needs one; `webdataset`, GNU tar, bsdtar
 * and Python's `tarfile` read it. Entries of one sample follow each other and share their name up to the first dot: `7.jpg`, `7.cls`.
 * @throws {CascadeError} of code `input` on a wrong entry; of code `file` if it cannot be written. What `entries` throws is passed on.
 */
export async function writeTar(
  path: string,
  entries: Iterable<TarEntry> | AsyncIterable<TarEntry>,
): Promise<WrittenTar> {
  const hash = createHash('sha256')
  let [size, count] = [0, 0]
  let failed: { readonly error: unknown } | undefined
  try {
    await writeAtomically(path, async (file) => {
      const write = async (bytes: Uint8Array): Promise<void> => {
        hash.update(bytes)
        size += bytes.length
        await file.writeFile(bytes)
      }
      const checked = checkedEntries(entries)
      for (;;) {
        const next = await checked.next().catch((error: unknown) => {
          failed = { error }
          throw error
        })
        if (next.done) break
        await write(entryBlocks(next.value))
        count++
      }
      // Two blocks of zeros end a tar, and zeros fill its last record of 20 blocks.
      const record = 20 * blockSize
      await write(new Uint8Array(Math.ceil((size + 2 * blockSize) / record) * record - size))
    })
  } catch (error) {
    throw failed ? failed.error : error
  }
  return { size, sha256: hash.digest('hex'), count }
}

async function* checkedEntries(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): AsyncGenerator<TarEntry> {
  if (
    typeof entries !== 'object' ||
    entries === null ||
    !(Symbol.iterator in entries || Symbol.asyncIterator in entries)
  )
    throw new CascadeError('input', `writeTar: expected entries { name, bytes }, got ${shown(entries)}`)
  for await (const entry of entries) {
    const { name, bytes } = entry ?? {}
    if (typeof name !== 'string' || !isRelative(name))
      throw new CascadeError('input', `writeTar: expected the name of an entry, a relative path, got ${shown(name)}`)
    if (!(bytes instanceof Uint8Array))
      throw new CascadeError('input', `writeTar: expected bytes of '${name}', a Uint8Array, got ${shown(bytes)}`)
    yield { name, bytes }
  }
}

const isRelative = (name: string): boolean =>
  name !== '' &&
  Buffer.from(name).toString() === name && // no half of a surrogate pair
  !name.includes('\0') &&
  !name.startsWith('/') &&
  !name.endsWith('/') &&
  !name.split('/').includes('..')

/** All blocks of an entry. */
function entryBlocks({ name, bytes }: TarEntry): Uint8Array {
  const plain = plainName(name)
  if (plain) return Buffer.concat([header(plain, bytes.length, '0'), filled(bytes)])
  const record = paxRecord('path', name)
  // Readers of plain ustar see the start of the name.
  const ascii: PlainName = ['', name.replace(/[^ -~]/g, '_').slice(0, fields.name[1])]
  const pax: PlainName = ['', 'PaxHeader']
  return Buffer.concat([
    header(pax, record.length, 'x'),
    filled(record),
    header(ascii, bytes.length, '0'),
    filled(bytes),
  ])
}

type PlainName = readonly [prefix: string, name: string]

/** The name in the two fields of a ustar header, if it fits: the prefix ends before a slash. */
function plainName(name: string): PlainName | undefined {
  if (/[^ -~]/.test(name)) return undefined
  if (name.length <= fields.name[1]) return ['', name]
  const slash = name.indexOf('/', name.length - fields.name[1] - 1)
  if (slash < 1 || slash > fields.prefix[1]) return undefined
  return [name.slice(0, slash), name.slice(slash + 1)]
}

function header([prefix, name]: PlainName, size: number, type: string): Uint8Array {
  const block = Buffer.alloc(blockSize)
  const text = ([at, length]: readonly [number, number], value: string) => block.write(value, at, length, 'latin1')
  const octal = (field: readonly [number, number], value: number) =>
    text(field, `${value.toString(8).padStart(field[1] - 1, '0')}\0`)
  text(fields.name, name)
  text(fields.prefix, prefix)
  octal(fields.mode, 0o644)
  for (const field of [fields.uid, fields.gid, fields.mtime, fields.deviceMajor, fields.deviceMinor]) octal(field, 0)
  octal(fields.size, size)
  text(fields.type, type)
  text(fields.magic, 'ustar\0')
  text(fields.version, '00')
  text(fields.checksum, `${checksums(block)[0].toString(8).padStart(6, '0')}\0 `)
  return block
}

/** `LENGTH key=value\n`, where LENGTH counts its own digits. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + `${rest}`.length
  length = rest + `${length}`.length
  return Buffer.from(`${length} ${key}=${value}\n`)
}

/** The bytes with zeros up to the end of their last block. */
function filled(bytes: Uint8Array): Uint8Array {
  const zeros = padded(bytes.length) - bytes.length
  return zeros === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(zeros)])
}
