import { isAbsolute, relative, resolve } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ConfiguredData } from '../config/cascade-config.ts'

/**
 * Checks that the folder of a run lies outside of the folders of its images: its pictures would be taken for some.
 * @throws of code `input` if not.
 */
export function checkOutside(out: string, data: ConfiguredData | undefined): void {
  for (const place of placesOf(data)) {
    const way = relative(resolve(place), resolve(out))
    if (/^\.\.([\\/]|$)/.test(way) || isAbsolute(way)) continue
    throw new CascadeError(
      'input',
      `out: expected a folder outside of the images in ${place}, got ${out}: the pictures of the run would be taken for ` +
        'images. Choose another folder (--out)',
    )
  }
}

/** The paths of images that a configuration says. */
function placesOf(data: ConfiguredData | undefined): readonly string[] {
  if (typeof data === 'string') return [data]
  const { train, test } = (data ?? {}) as { readonly train?: unknown; readonly test?: unknown }
  return [train, test].filter((place) => typeof place === 'string')
}
