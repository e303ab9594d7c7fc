import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { sortByCodePoints } from '../folder/code-points.ts'

/**
 * The files that a path means: itself, the `.parquet` files of a folder, or those that a pattern fits, in code-point
 * order.
 * @param paths a path; a folder; a path whose last part has `*` (any letters) or `?` (one letter); or a list of paths.
 * @throws {CascadeError} of code `input` if it is none of these; of code `file` if there is nothing; of code `data` if
 * a folder has files of several splits.
 */
export async function parquetFiles(paths: string | readonly string[]): Promise<readonly string[]> {
  if (Array.isArray(paths) && paths.length > 0 && paths.every((path) => typeof path === 'string' && path !== ''))
    return paths
  if (typeof paths !== 'string' || paths === '')
    throw new CascadeError(
      'input',
      "parquetImages: expected a path, a folder, a pattern such as 'data/train-*.parquet', or a list of paths, " +
        `got ${shown(paths)}`,
    )
  const found = await stat(paths).catch(() => undefined)
  if (found?.isDirectory()) return oneSplit(paths, await matching(paths, /\.parquet$/i, '.parquet files'))
  if (found) return [paths]
  const last = basename(paths)
  if (!/[*?]/.test(last))
    throw new CascadeError('file', `parquetImages: expected a file or a folder ${paths}, there is none`)
  const pattern = last
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return matching(dirname(paths), new RegExp(`^${pattern}$`, 's'), `files ${last}`)
}

async function matching(folder: string, pattern: RegExp, what: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause) => {
    throw new CascadeError('file', `parquetImages: expected a folder ${folder}: ${cause.message}`, { cause })
  })
  const fitting = sortByCodePoints(names.filter((name) => pattern.test(name)))
  if (fitting.length > 0) return fitting.map((name) => join(folder, name))
  const others = names.slice(0, 5).join(', ')
  throw new CascadeError('file', `parquetImages: expected ${what} in ${folder}, got ${others || 'an empty folder'}`)
}

/**
 * Hugging Face keeps the splits of a data set in one folder: `train-00000-of-00002.parquet`,
 * `test-00000-of-00001.parquet`.
 */
function oneSplit(folder: string, files: readonly string[]): readonly string[] {
  const splits = new Map<string, string>()
  for (const file of files) {
    const split = /^(.+)-\d{5}-of-\d{5}\.parquet$/i.exec(basename(file))?.[1]
    if (split !== undefined && !splits.has(split)) splits.set(split, file)
  }
  if (splits.size < 2) return files
  const [first, second] = [...splits.keys()]
  throw new CascadeError(
    'data',
    `parquetImages: expected files of one split in ${folder}, got ${[...splits.keys()].join(', ')}: ` +
      `choose by a pattern, '${join(folder, `${first}-*.parquet`)}' or '${join(folder, `${second}-*.parquet`)}'`,
  )
}
