import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readCascade } from '@cascade-diffusion/cascade'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { type LoadCascadeOptions, loadOptions } from './loaded/load-options.ts'
import { type LoadedCascade, loadedCascade } from './loaded/loaded-cascade.ts'
import { nodeFiles } from './loaded/node-files.ts'

/**
 * Loads a cascade that is ready to sample: three lines from a saved cascade to pictures.
 * @param place the folder of a saved cascade or of a run, or the URL of a saved cascade.
 * @throws of code `checkpoint` if there is no cascade, it is damaged or not trained yet; and as `readCascade` of
 * `cascade` does.
 */
export async function loadCascade(place: string, options: LoadCascadeOptions = {}): Promise<LoadedCascade> {
  const { read, compile } = loadOptions(options)
  if (typeof place !== 'string' || place === '')
    throw new CascadeError('input', `loadCascade: expected a folder or a URL, got ${shown(place)}`)
  return loadedCascade(await readCascade(folderOf(place), read), compile, nodeFiles)
}

/** A run has its cascade in a folder of its own, once all stages are trained. */
function folderOf(place: string): string {
  if (statSync(place, { throwIfNoEntry: false })?.isFile())
    throw new CascadeError(
      'checkpoint',
      `loadCascade: expected the folder of a cascade or of a run, got the file ${place}`,
    )
  const isRun = !existsSync(join(place, 'cascade.json')) && existsSync(join(place, 'config.json'))
  if (!isRun) return place
  const folder = join(place, 'cascade')
  if (existsSync(join(folder, 'cascade.json'))) return folder
  throw new CascadeError(
    'checkpoint',
    `loadCascade: expected a trained cascade, got the run ${place}, of which not all stages are trained`,
  )
}
