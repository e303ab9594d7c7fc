import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readInto, withFile } from '../reading/file-bytes.ts'
import type { SourceConfig } from '../sources/source-table.ts'
import { hasClassLabels } from './tar-label.ts'

/** Where the words are that tell formats apart. */
const headBytes = 512

/** The source that a file is, by its content. Undefined if it is none that is known. */
export async function recogniseFile(path: string): Promise<SourceConfig | undefined> {
  const head = Buffer.alloc(headBytes)
  await withFile(path, (_read, _size, { handle }) => readInto(head, handle, 0))
  const has = (text: string, at = 0) => head.toString('latin1', at, at + text.length) === text
  if (has('PAR1')) return { name: 'parquet', path }
  if (has('ustar', 257)) return tarConfig([path], path)
  if (has('\x93NUMPY') || (has('PK\x03\x04') && /\.npz$/i.test(path))) return { name: 'npz', path }
  // LMDB's magic number stands behind the header of its first page, of 16 or 24 bytes.
  if (has('\xde\xc0\xef\xbe', 16) || has('\xde\xc0\xef\xbe', 24)) return { name: 'lsun', path }
  const isIdx = has('\0\0\x08') || (has('\x1f\x8b') && /idx\d-ubyte\.gz$/.test(path))
  return isIdx ? idxConfig(path) : undefined
}

/** Shards are labelled if the first one is. */
export async function tarConfig(shards: readonly string[], path: string | readonly string[]): Promise<SourceConfig> {
  const labelled = await hasClassLabels(shards[0]!)
  return { name: 'tar-shards', path, label: labelled ? 'cls' : undefined }
}

/** Images of IDX, and labels beside them: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`. */
export function idxConfig(images: string): SourceConfig {
  const labels = join(dirname(images), basename(images).replace('images', 'labels').replace('idx3', 'idx1'))
  return { name: 'idx', images, labels: labels !== images && existsSync(labels) ? labels : undefined }
}
