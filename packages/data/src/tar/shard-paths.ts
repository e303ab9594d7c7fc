import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { sortByCodePoints } from '../folder/code-points.ts'
import { expandBraces } from './expand-braces.ts'

/**
 * The paths of shards: those of a list, of a pattern with braces, or of the `.tar` files of a folder, in code-point order.
 * @throws {CascadeError} of code `input` on anything else; of code `file` if a folder cannot be read; of code `data` if it has no shards.
 */
export async function shardPaths(shards: string | readonly string[]): Promise<readonly string[]> {
  const list = typeof shards === 'string' ? [shards] : shards
  if (!Array.isArray(list) || list.length === 0 || !list.every((path) => typeof path === 'string' && path !== ''))
    throw new CascadeError(
      'input',
      `tarShards: expected shards: a path, a pattern, a folder or a list, got ${shown(shards)}`,
    )
  const paths: string[] = []
  // A file with braces in its name is no pattern.
  for (const path of list) for (const each of (await isThere(path)) ? [path] : expanded(path)) paths.push(each)
  const found: string[] = []
  for (const path of paths) {
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory()
    for (const shard of isFolder ? await tarsIn(path) : [path]) found.push(shard)
  }
  return found
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

function expanded(pattern: string): readonly string[] {
  const paths = expandBraces('tarShards', pattern)
  for (const path of paths)
    if (/^[a-z][a-z\d+.-]*:\/\/|^pipe:/i.test(path) || /[*?]/.test(path))
      throw new CascadeError(
        'input',
        `tarShards: expected paths of files, a pattern such as train-{000..146}.tar, or a folder, got ${shown(path)}`,
      )
  return paths
}

async function tarsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause) => {
    throw new CascadeError('file', `tarShards: could not read ${folder}: ${cause.message}`, { cause })
  })
  const tars = names.filter((name) => name.endsWith('.tar') && !name.startsWith('.'))
  if (tars.length === 0)
    throw new CascadeError('data', `tarShards: expected .tar files in ${folder}, got ${names.length} others`)
  return sortByCodePoints(tars).map((name) => join(folder, name))
}
