import { cacheFolder, downloadFolder } from '../folders.ts'
import { download } from './download.ts'
import type { InstallOptions } from './options.ts'
import { findWheel, type WheelQuery } from './package-index.ts'
import { pipIndex } from './pip-index.ts'

/** Downloads a wheel, or goes on where an earlier attempt stopped; gives the path of the file. */
export async function fetchWheel(query: WheelQuery, options: InstallOptions): Promise<string> {
  const { signal, progress, log, cache = cacheFolder(), index = await pipIndex() } = options
  const wheel = await findWheel(index, query, signal)
  log?.(`downloading ${wheel.filename}`)
  return download(wheel, {
    folder: downloadFolder(cache),
    signal,
    ...(progress && { onProgress: (done, total) => progress('downloading', done, total) }),
  })
}
