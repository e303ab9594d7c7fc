import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { CascadeError, checkOneOf, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { imageDataset, type LabelledDataset } from '@cascade-diffusion/data'
import type { Style } from '@dicebear/core'
import { cachedBytes } from './cached-bytes.ts'

/** Drawing styles of Dicebear, all of them in the public domain (CC0 1.0). */
export type DicebearStyle = 'thumbs' | 'pixelArt' | 'shapes' | 'identicon' | 'lorelei' | 'rings' | 'glass'

/** Options of {@link loadDicebear}. */
export interface DicebearOptions {
  /** Training or test images. They are drawn from different seeds. */
  split: 'train' | 'test'
  /** The number of images of each style. */
  perClass: number
  /** The classes. Default: all but glass, a blur that takes six times as long to draw. */
  styles?: readonly DicebearStyle[]
  /** The side of the images in pixels. Default 64. */
  size?: number
  /** Other seeds give other drawings. Default 0. */
  seed?: number
  /** The folder that keeps the drawings, one file for each choice of options. Default: none; they are drawn each time. */
  cacheDir?: string
  /** Called now and then with the number of images drawn; not if they come from the cache. */
  progress?: (progress: { readonly done: number; readonly total: number }) => void
}

const dicebearKeys: KnownKeys<DicebearOptions> = {
  split: true,
  perClass: true,
  styles: true,
  size: true,
  seed: true,
  cacheDir: true,
  progress: true,
}

const cc0Styles: readonly DicebearStyle[] = ['thumbs', 'pixelArt', 'shapes', 'identicon', 'lorelei', 'rings', 'glass']
const defaultStyles: readonly DicebearStyle[] = cc0Styles.slice(0, 6)

/**
 * Procedural art, not pictures of anything: the Dicebear library draws each image from a seed, RGB on white. The classes are drawing
 * styles. There is no limit to the number of images; in a style with few variants, such as identicon, a drawing may come twice. All are
 * in memory. One core draws about 2,000 a second at 64 × 64, of glass 300.
 * @throws {CascadeError} of code `input` if an option is unknown or wrong; of code `data` if the packages that draw are missing; of code
 * `file` if drawings cannot be kept.
 */
export async function loadDicebear(options: DicebearOptions): Promise<LabelledDataset> {
  if ((options as { onProgress?: unknown } | undefined)?.onProgress !== undefined)
    throw new CascadeError('input', "loadDicebear: expected progress, as onProgress is called now, got 'onProgress'")
  checkOptions('loadDicebear', options, dicebearKeys)
  const { perClass, styles = defaultStyles, size = 64, seed = 0, cacheDir, progress } = options
  const split = checkOneOf('loadDicebear', 'a split', options.split, ['train', 'test'])
  if (!Array.isArray(styles))
    throw new CascadeError('input', `loadDicebear: expected styles, a list, got ${shown(styles)}`)
  for (const style of styles)
    if (!cc0Styles.includes(style))
      throw new CascadeError('input', `loadDicebear: unknown style ${style}: expected ${cc0Styles.join(', ')}`)
  for (const [what, value] of Object.entries({ perClass, size, 'number of styles': styles.length }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new CascadeError(
        'input',
        `loadDicebear: expected ${what} to be an integer of at least 1, got ${shown(value)}`,
      )
  const draw = await drawer(size)
  const drawing = (style: number, i: number) => draw(styles[style]!, `${seed} ${split} ${i}`)
  const total = styles.length * perClass
  const drawAll = async () => {
    const data = new Uint8Array(total * size * size * 3)
    for (let i = 0; i < total; i++) {
      data.set(drawing(Math.floor(i / perClass), i % perClass), i * size * size * 3)
      if ((i + 1) % 100 !== 0 && i + 1 !== total) continue
      progress?.({ done: i + 1, total })
      await setImmediate() // so that timers run and an interrupt is heard
    }
    return data
  }
  // The first drawings are part of the key: other versions of the libraries may draw otherwise.
  const key = createHash('sha256').update(JSON.stringify({ split, perClass, styles, size, seed }))
  for (let style = 0; style < styles.length; style++) key.update(drawing(style, 0))
  const file = `dicebear-${key.digest('hex').slice(0, 32)}`
  return imageDataset({
    name: `Dicebear procedural art ${split}`,
    images: {
      shape: [total, size, size, 3],
      data: cacheDir === undefined ? await drawAll() : await cachedBytes(join(cacheDir, file), drawAll),
    },
    labels: Int32Array.from({ length: total }, (_, i) => Math.floor(i / perClass)),
    classNames: styles,
  })
}

/** A function that draws one image: RGB bytes [size, size, 3]. */
async function drawer(size: number): Promise<(style: DicebearStyle, seed: string) => Uint8Array> {
  const [{ createAvatar }, collection, { Resvg }] = await Promise.all([
    import('@dicebear/core'),
    import('@dicebear/collection'),
    import('@resvg/resvg-js'),
  ]).catch((cause) => {
    const packages = '@dicebear/core @dicebear/collection @resvg/resvg-js'
    throw new CascadeError('data', `missing data: the packages that draw do not load: npm i ${packages}`, { cause })
  })
  const options = {
    fitTo: { mode: 'width', value: size },
    background: 'white',
    font: { loadSystemFonts: false },
  } as const
  return (style, seed) => {
    const svg = createAvatar(collection[style] as Style<object>, { seed }).toString()
    const rgba = new Resvg(svg, options).render().pixels
    const rgb = new Uint8Array(size * size * 3)
    for (let i = 0; i < size * size; i++) for (let c = 0; c < 3; c++) rgb[3 * i + c] = rgba[4 * i + c]!
    return rgb
  }
}
