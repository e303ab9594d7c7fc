import { type Entry, type Schema, schema } from '@cascade-diffusion/checks'
import { type DicebearStyle, loadDicebear } from '@cascade-diffusion/data'
import type { LoadContext, Loaded } from './load-context.ts'

/** Procedural drawings of the Dicebear library, a class for each style. */
export interface DicebearConfig {
  readonly name: 'dicebear'
  readonly styles: readonly DicebearStyle[]
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
    styles: schema.list(schema.text(), 1) as Schema<readonly DicebearStyle[]>,
    perClass: schema.value(
      'a multiple of 4',
      (x) => Number.isSafeInteger(x) && (x as number) > 0 && (x as number) % 4 === 0,
    ),
    size: schema.integer({ from: 1 }),
  }),
  make: ({ styles, perClass, size }, split, { cacheDir, progress }) =>
    loadDicebear({
      split,
      styles,
      perClass: split === 'train' ? perClass : perClass / 4,
      size,
      cacheDir,
      progress: ({ done, total }) => progress({ split, done, total }),
    }),
}
