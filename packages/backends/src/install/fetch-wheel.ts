import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { download } from '@cascade-diffusion/downloads'
import { cacheFolder } from '@cascade-diffusion/files'
import { downloadFolder } from '../folders.ts'
import type { InstallOptions } from './options.ts'
import { findWheel, type WheelQuery } from './package-index.ts'
import { pipIndex } from './pip-index.ts'

/** Downloads a wheel, or resumes its download. Returns the path of the file. */
export async function fetchWheel(query: WheelQuery, options: InstallOptions): Promise<string> {
  const { signal, progress, log, cache = cacheFolder(), index = await pipIndex() } = options
  const { filename, url, sha256 } = await findWheel(index, query, signal)
  log?.(`downloading ${filename}`)
  const path = join(downloadFolder(cache), `${sha256.slice(0, 16)}-${filename}`)
  if (existsSync(path)) return path
  await download(url, {
    path,
    sha256,
    signal,
    progress: progress && ((done, total) => progress('downloading', done, total)),
  })
  return path
}
