import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type DecodeOptions, decodeImage } from './decode-image.ts'

/** Pixels that Pillow read, by benchmarks/fixtures/images.py. */
interface Reference {
  readonly size: readonly [number, number]
  readonly pixels: number
}
interface Expected {
  readonly mode: string
  readonly rgb: Reference
  readonly grey?: Reference
  readonly rgba?: Reference
  readonly stored?: Reference
}
const folder = new URL('./fixtures/', import.meta.url)
const expected: { readonly images: Readonly<Record<string, Expected>>; readonly pixels: readonly string[] } =
  JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'))
const fileOf = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)))
const decode = (name: string, options?: DecodeOptions) => decodeImage(fileOf(name), options, name)
const pillow = ({ size, pixels }: Reference, channels: number) => ({
  shape: [...size, channels],
  data: new Uint8Array(inflateSync(Buffer.from(expected.pixels[pixels]!, 'base64'))),
})

const names = Object.keys(expected.images)
/** Those that Pillow clips at 255. */
const deepGrey = ['grey16.png', 'grey16.tif', 'grey16.pgm']
const refused = ['tiled-planar.tif']
const others = [...deepGrey, ...refused, ...names.filter((name) => name.endsWith('.avif'))]
const exact = names.filter((name) => !others.includes(name))

describe('bytes are those of Pillow', () => {
  test.each(exact)('%s', async (name) => {
    const { rgb, grey, rgba, stored } = expected.images[name]!
    expect(await decode(name)).toEqual(pillow(rgb, 3))
    if (grey) expect(await decode(name, { channels: 1 })).toEqual(pillow(grey, 1))
    if (rgba) expect(await decode(name, { channels: 4 })).toEqual(pillow(rgba, 4))
    // Pillow turns TIFF files as it opens them.
    if (stored && !name.endsWith('.tif')) expect(await decode(name, { orientation: false })).toEqual(pillow(stored, 3))
  })
})
