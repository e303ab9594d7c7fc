import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { filesOf } from '../reading/files-of.ts'

/**
 * The Parquet files that paths mean.
 * @throws {CascadeError} as `filesOf`; of code `data` if a folder has files of several splits.
 */
export async function parquetFiles(paths: string | readonly string[]): Promise<readonly string[]> {
  const files = await filesOf('parquetImages', paths, '.parquet')
  const isFolder = typeof paths === 'string' && (await stat(paths).catch(() => undefined))?.isDirectory()
  return isFolder ? oneSplit(paths, files) : files
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
