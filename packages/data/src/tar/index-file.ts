import { createHash } from 'node:crypto'
import { access, constants, readFile, stat } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { writeAtomically } from '@cascade-diffusion/files'
import { isSameVersion } from '../reading/open-file.ts'
import type { IndexedShard } from './index-shard.ts'
import type { ShardSamples } from './shard-samples.ts'

/** All shards, and the classes of their labels. */
export interface TarIndex {
  readonly shards: readonly IndexedShard[]
  readonly classNames?: readonly string[]
}

/** What a file of an index begins with. The SHA-256 of the rest follows, then the length of its JSON part, the JSON part, the arrays. */
const magic = Buffer.from('cascade-diffusion tar index 1\n')
const hashLength = 32

interface Contents {
  /** What the index depends on besides the shards. */
  readonly options: unknown
  readonly classNames?: readonly string[]
  readonly shards: readonly (Omit<IndexedShard, 'samples'> & {
    readonly count: number
    readonly lengths: readonly number[]
  })[]
}

/**
 * Reads an index from a file. Paths of shards in it are relative to its folder.
 * @returns undefined if there is none, or it is damaged, or of other options, or shards have changed since: other sizes or times.
 * @throws {CascadeError} of code `input` if the file is something else, which would be overwritten; of code `file` if it can be neither
 * read nor made.
 */
export async function readIndexFile(
  path: string,
  paths: readonly string[],
  options: unknown,
): Promise<TarIndex | undefined> {
  const failed = (cause: Error): never => {
    throw new CascadeError('file', `tarShards: could not read or write the index ${path}: ${cause.message}`, { cause })
  }
  const file = await readFile(path).catch((cause) => (cause.code === 'ENOENT' ? undefined : failed(cause)))
  if (!file) {
    // Before the work that it is to keep.
    await access(dirname(path), constants.W_OK).catch(failed)
    return undefined
  }
  if (!file.subarray(0, magic.length - 2).equals(magic.subarray(0, -2)))
    throw new CascadeError(
      'input',
      `tarShards: expected an index of tar shards, or no file, at ${path}, got another file`,
    )
  const body = file.subarray(magic.length + hashLength)
  const isWhole =
    file.subarray(0, magic.length).equals(magic) &&
    sha256(body).equals(file.subarray(magic.length, magic.length + hashLength))
  if (!isWhole) return undefined
  const arraysAt = 4 + body.readUInt32LE(0)
  const contents: Contents = JSON.parse(body.toString('utf8', 4, arraysAt))
  if (JSON.stringify(contents.options) !== JSON.stringify(options) || contents.shards.length !== paths.length)
    return undefined
  const shards: IndexedShard[] = []
  let at = arraysAt
  for (const [i, { count, lengths, ...shard }] of contents.shards.entries()) {
    const own = paths[i] as string
    const now = await stat(own).catch(() => undefined)
    if (shard.path !== relative(dirname(path), own) || !now || !isSameVersion(shard, now)) return undefined
    const parts = lengths.map((length) => {
      // Copied, since views need an aligned place.
      const bytes = Uint8Array.prototype.slice.call(body, at, at + length)
      at += length
      return bytes
    }) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const [offsets, sizes, labels, nameEnds, names] = parts
    const samples: ShardSamples = {
      count,
      offsets: new Float64Array(offsets.buffer),
      lengths: new Uint32Array(sizes.buffer),
      labels: new Int32Array(labels.buffer),
      nameEnds: new Uint32Array(nameEnds.buffer),
      names,
    }
    shards.push({ ...shard, path: own, samples })
  }
  return { shards, classNames: contents.classNames }
}

/** Writes an index to a file, atomically. @throws {CascadeError} of code `file`. */
export async function writeIndexFile(path: string, { shards, classNames }: TarIndex, options: unknown): Promise<void> {
  const arrays = shards.map(({ samples: { offsets, lengths, labels, nameEnds, names } }) =>
    [offsets, lengths, labels, nameEnds, names].map(
      (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    ),
  )
  const contents: Contents = {
    options,
    classNames,
    shards: shards.map(({ samples, ...shard }, i) => ({
      ...shard,
      path: relative(dirname(path), shard.path),
      count: samples.count,
      lengths: (arrays[i] as Uint8Array[]).map(({ length }) => length),
    })),
  }
  const json = Buffer.from(JSON.stringify(contents))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  const body = Buffer.concat([length, json, ...arrays.flat()])
  await writeAtomically(path, Buffer.concat([magic, sha256(body), body]))
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
