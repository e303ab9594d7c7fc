import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { rng } from '@cascade-diffusion/random'
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

/** The largest and the mean difference of an image from Pillow's. */
async function difference(
  name: string,
  options?: DecodeOptions,
): Promise<{ readonly most: number; readonly mean: number }> {
  const { shape, data } = await decode(name, options)
  const reference = pillow(expected.images[name]!.rgb, 3)
  expect(shape).toEqual(reference.shape)
  const differences = [...data].map((byte, i) => Math.abs(byte - reference.data[i]!))
  return { most: Math.max(...differences), mean: differences.reduce((sum, x) => sum + x) / data.length }
}

test('AVIF is that of Pillow but for rounding and the interpolation of subsampled colours', async () => {
  for (const name of ['444.avif', 'grey.avif']) expect((await difference(name)).most).toBeLessThanOrEqual(1)
  for (const name of ['420.avif', 'alpha.avif', 'orientation-6.avif']) {
    const { most, mean } = await difference(name)
    expect(most).toBeGreaterThan(1) // else the documentation is wrong
    expect(mean).toBeLessThan(10) // noise of one pixel; photographs differ by 0.4 on average
  }
})

test('of 16 bits the upper 8 are taken', async () => {
  const grey = pillow(expected.images['grey.tif']!.rgb, 3) // the upper 8 bits of those files
  for (const name of deepGrey.slice(0, 2)) expect(await decode(name)).toEqual(grey)
  const { data } = await decode('grey16.pgm') // rounded, as PPM files of 16 bits are by Pillow
  expect(Math.max(...data.map((byte, i) => Math.abs(byte - grey.data[i]!)))).toBe(1)
})

test('channels are added and dropped', async () => {
  const { data } = await decode('la.png', { channels: 2 })
  const [grey, rgba] = [await decode('la.png', { channels: 1 }), await decode('la.png', { channels: 4 })]
  expect(data.filter((_, i) => i % 2 === 0)).toEqual(grey.data)
  expect(data.filter((_, i) => i % 2 === 1)).toEqual(rgba.data.filter((_, i) => i % 4 === 3))
  const opaque = await decode('rgb.ppm', { channels: 4 })
  expect(opaque.data.filter((_, i) => i % 4 === 3).every((byte) => byte === 255)).toBe(true)
})

describe('JPEG by the fast transform', () => {
  const jpegs = names.filter((name) => name.endsWith('.jpg'))
  const bySharp = jpegs.filter((name) => expected.images[name]!.mode === 'CMYK')

  test.each(jpegs.filter((name) => !bySharp.includes(name)))('%s', async (name) => {
    const { most, mean } = await difference(name, { fast: true })
    expect(most).toBeLessThan(16)
    expect(mean).toBeLessThan(2)
    const { stored } = expected.images[name]!
    if (stored) expect((await decode(name, { fast: true, orientation: false })).shape).toEqual([...stored.size, 3])
  })

  test('is another one; what it cannot read, and other formats, are decoded exactly', async () => {
    expect((await difference('rough.jpg', { fast: true })).most).toBeGreaterThan(0)
    for (const name of [...bySharp, 'rgb.png', 'lossy.webp', 'plain.gif'])
      expect(await decode(name, { fast: true })).toEqual(await decode(name))
    // libjpeg-turbo refuses where libjpeg warns.
    const odd = withBytes('420.jpg', -40, 0xff, 0x01)
    expect(await decodeImage(odd, { fast: true })).toEqual(await decodeImage(odd))
  })
})

function withBytes(name: string, at: number, ...bytes: number[]): Uint8Array {
  const file = fileOf(name)
  file.set(bytes, at < 0 ? file.length + at : at)
  return file
}

describe('what cannot be decoded is an error that names the image', () => {
  const refusal = (bytes: Uint8Array, options?: DecodeOptions) =>
    decodeImage(bytes, options, 'x.img').then(
      () => 'none',
      (error) => `${error.code}: ${error.message}`,
    )

  test.each(names)('%s, cut off', async (name) => {
    const file = fileOf(name)
    for (const length of [0, 3, 20, Math.floor(file.length / 2)])
      for (const options of [{}, { fast: true }])
        expect(await refusal(file.subarray(0, length), options)).toMatch(/^data: x\.img: could not be decoded: ./)
  })

  test('JPEG without its end', async () => {
    const file = fileOf('420.jpg')
    for (const fast of [false, true])
      expect(await refusal(file.subarray(0, file.length - 30), { fast })).toMatch(
        /^data: x\.img: could not be decoded: /,
      )
  })

  test('damaged copies: an error or an image of the size in its header, soon', async () => {
    for (const [k, name] of names.entries()) {
      const file = fileOf(name)
      for (let i = 0; i < 4; i++) {
        const bytes = rng(k).fold(i).integers([4], 0, 256).data
        const damaged = file.slice()
        for (const byte of bytes) damaged[(byte * 7919 + i * 104_729) % file.length] = byte
        expect(await refusal(damaged, { maxPixels: 1e5 })).toMatch(/^none$|^data: x\.img: could not be decoded: ./)
      }
    }
  })

  test.each<[string, string]>([
    ['rgb.png', 'maxPixels'],
    ['420.jpg', 'maxPixels'],
    ['rgb.bmp', 'expected at most 500 pixels, got 19×29; maxPixels raises the limit'],
    ['rgb.ppm', 'expected at most 500 pixels, got 19×29'],
    ['plain.gif', 'expected at most 500 pixels, got 19×29'],
  ])('more pixels than are allowed: %s', async (name, message) => {
    for (const fast of [false, true])
      expect(await refusal(fileOf(name), { maxPixels: 500, fast })).toContain(`data: x.img: could not be decoded: `)
    expect(await refusal(fileOf(name), { maxPixels: 500 })).toContain(message)
    expect(await refusal(fileOf(name), { maxPixels: 19 * 29 })).toBe('none')
  })

  test.each<[string, Uint8Array, string]>([
    ['a text', Buffer.from('no image at all'), 'expected a JPEG, PNG, '],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>'), 'expected a JPEG, PNG, '],
    ['tiles of planes in TIFF', fileOf('tiled-planar.tif'), 'tiled separate planes not supported'],
    ['a compressed BMP', withBytes('palette.bmp', 30, 1), 'expected a BMP file without compression, got one of kind 1'],
    ['a damaged BMP', withBytes('palette.bmp', -4, 200), 'expected a palette index below 64, got 200'],
    ['a value above the maximum', withBytes('maximum-100.ppm', -1, 101), 'expected values up to 100, got 101'],
  ])('%s', async (_, bytes, message) => {
    expect(await refusal(bytes)).toContain(message)
  })

  test('options are checked', async () => {
    await expect(decodeImage('x' as never)).rejects.toThrow("decodeImage: expected the bytes of an image, got 'x'")
    // @ts-expect-error
    await expect(decode('rgb.png', { channels: 0 })).rejects.toThrow(
      'rgb.png: expected decoding.channels, 1 to 4, got 0',
    )
    await expect(decode('rgb.png', { maxPixels: 0.5 })).rejects.toThrow(
      'decoding.maxPixels, an integer from 1, got 0.5',
    )
    await expect(decode('rgb.png', { speed: 1 } as never)).rejects.toMatchObject({ code: 'input' })
  })
})
