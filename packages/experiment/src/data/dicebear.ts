import { type Entry, schema } from '@cascade-diffusion/checks'
import { installedDatasets } from './installed-datasets.ts'
import type { LoadContext, Loaded } from './load-context.ts'

/** The drawing styles of `loadDicebear`: here too, so that configurations are checked without the package that draws. */
export const dicebearStyles = ['thumbs', 'pixelArt', 'shapes', 'identicon', 'lorelei', 'rings', 'glass'] as const

/** Procedural drawings of the Dicebear library, a class for each style. */
export interface DicebearConfig {
  readonly name: 'dicebear'
  readonly styles: readonly (typeof dicebearStyles)[number][]
  /** Training images of each style, a multiple of 4; there are a quarter as many test images. */
  readonly perClass: number
  /** Height and width. */
  readonly size: number
}

/** The entry of the drawings in the table of data sets. */
export const dicebearEntry: Entry<DicebearConfig, Loaded, LoadContext> = {
  name: 'dicebear',
  schema: schema.record<DicebearConfig>({
    name: schema.oneOf(['dicebear']),
    styles: schema.list(schema.oneOf(dicebearStyles), 1),
    perClass: schema.value(
      'a multiple of 4',
      (x) => Number.isSafeInteger(x) && (x as number) > 0 && (x as number) % 4 === 0,
      { type: 'integer', minimum: 4, multipleOf: 4 },
    ),
    size: schema.integer({ from: 1 }),
  }),
  async make({ styles, perClass, size }, { cacheDir, progress }) {
    const { loadDicebear } = await installedDatasets()
    const load = (split: 'train' | 'test', perClass: number) =>
      loadDicebear({
        split,
        styles,
        perClass,
        size,
        cacheDir,
        progress: ({ done, total }) => progress({ split, done, total }),
      })
    return { train: await load('train', perClass), test: await load('test', perClass / 4) }
  },
}
