import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { sortByCodePoints } from '../folder/code-points.ts'
import { expandBraces } from './expand-braces.ts'

/**
 * The files that paths mean, in their order: a file means itself; a folder, its files of an ending; `{000..146}` and `{a,b}`, each of
 * these; `*` (any letters) and `?` (one letter) in the last part, the files that fit. Files of a folder are in code-point order.
 * @param paths one or several.
 * @throws {CascadeError} of code `input` if it is none of these; of code `file` if there is nothing.
 */
export async function filesOf(
  where: string,
  paths: string | readonly string[],
  ending: string,
): Promise<readonly string[]> {
  const list = typeof paths === 'string' ? [paths] : paths
  if (!Array.isArray(list) || list.length === 0 || !list.every((path) => typeof path === 'string' && path !== ''))
    throw new CascadeError(
      'input',
      `${where}: expected a path, a folder, a pattern such as data/train-*${ending}, or a list of paths, got ${shown(paths)}`,
    )
  const found: string[] = []
  for (const pattern of list) {
    // A file with braces in its name is no pattern.
    const isThere = (await stat(pattern).catch(() => undefined)) !== undefined
    for (const path of isThere ? [pattern] : expandBraces(where, pattern))
      for (const file of await filesAt(where, path, ending)) found.push(file)
  }
  return found
}

async function filesAt(where: string, path: string, ending: string): Promise<readonly string[]> {
  if (/^[a-z][a-z\d+.-]*:\/\/|^pipe:/i.test(path))
    throw new CascadeError('input', `${where}: expected paths of files, got ${shown(path)}`)
  const kind = await stat(path).catch(() => undefined)
  if (kind?.isDirectory()) return matching(where, path, new RegExp(`\\${ending}$`, 'i'), `${ending} files in ${path}`)
  if (kind) return [path]
  const last = basename(path)
  if (!/[*?]/.test(last)) throw new CascadeError('file', `${where}: expected a file or a folder ${path}, there is none`)
  const pattern = last
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return matching(where, dirname(path), new RegExp(`^${pattern}$`, 's'), `files ${path}`)
}

async function matching(where: string, folder: string, pattern: RegExp, what: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause) => {
    throw new CascadeError('file', `${where}: expected a folder ${folder}: ${cause.message}`, { cause })
  })
  const fitting = sortByCodePoints(names.filter((name) => pattern.test(name) && !name.startsWith('.')))
  if (fitting.length > 0) return fitting.map((name) => join(folder, name))
  const others = names.slice(0, 5).join(', ')
  throw new CascadeError('file', `${where}: expected ${what}, got ${others || 'an empty folder'}`)
}
