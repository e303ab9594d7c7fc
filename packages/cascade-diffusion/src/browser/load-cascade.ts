import { readCascade } from '@cascade-diffusion/cascade'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { type LoadCascadeOptions, loadOptions } from '../loaded/load-options.ts'
import { type LoadedCascade, loadedCascade } from '../loaded/loaded-cascade.ts'

/** `loadCascade` in browsers. @param place the URL of a saved cascade, which may be relative to the page's. */
export async function loadCascade(place: string, options: LoadCascadeOptions = {}): Promise<LoadedCascade> {
  const { read, compile } = loadOptions(options)
  if (typeof place !== 'string' || place === '')
    throw new CascadeError('input', `loadCascade: expected a URL, got ${shown(place)}`)
  return loadedCascade(await readCascade(place, read), compile, undefined)
}
