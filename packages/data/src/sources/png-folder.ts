import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError, checkFlag, checkOptions, shown } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { isChannels } from '../images/channels.ts'
import { decodePng } from '../images/decode-png.ts'
import { shownSize } from '../images/image-size.ts'
import type { ImageSource } from './image-source.ts'

/** Options of {@link pngFolder}. */
export interface PngFolderOptions {
  /**
   * The channels of the images: 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA). Files with others are converted if
   * nothing is lost: grey to RGB, no alpha to an opaque one, colours that are all grey to grey, an opaque alpha to
   * none.
   * Default: those of the first file.
   */
  readonly channels?: number
  /**
   * Whether images may differ in size. The source then has no size; transforms give one:
   * `transformed(source, centerCrop(), resize({ size: 64 }))`. Default false: all have the size of the first.
   */
  readonly mixedSizes?: boolean
}

/** A source of the PNG files of a folder. {@link pngFolder} makes it. */
export interface PngFolder extends ImageSource {
  /** The names of the files, in the order of the images. */
  readonly files: readonly string[]
}

/**
 * The PNG files of a folder as a source, in natural order: `2.png` comes before `10.png`. They are read when they are
 * needed. Other files and subfolders are ignored. All have the size of the first, unless `mixedSizes` are allowed.
 * @throws {CascadeError} of code `file` if there is no such folder; of code `data` if there are no PNG files in it, or
 * the first is damaged. Reading throws one that names the file if it is damaged, or of another size or other channels.
 */
export async function pngFolder(path: string, options: PngFolderOptions = {}): Promise<PngFolder> {
  checkOptions('pngFolder', options, { channels: true, mixedSizes: true })
  const mixedSizes = checkFlag('pngFolder', 'mixedSizes', options.mixedSizes ?? false)
  if (typeof path !== 'string')
    throw new CascadeError('input', `pngFolder: expected the path of a folder, got ${shown(path)}`)
  if (options.channels !== undefined && !isChannels(options.channels))
    throw new CascadeError('input', `pngFolder: expected channels, 1 to 4, got ${shown(options.channels)}`)
  const all = await readdir(path).catch((cause) => {
    throw new CascadeError('file', `pngFolder: expected a folder of PNG files: ${cause.message}`, { cause })
  })
  const files = all.filter((name) => /\.png$/i.test(name)).toSorted(naturally)
  const [first] = files
  if (first === undefined)
    throw new CascadeError('data', `pngFolder: expected PNG files in ${path}, got ${all.length} other files`)
  const [height, width, own] = (await readPng(join(path, first))).shape as [number, number, number]
  const channels = options.channels ?? own
  const read = async (file: string): Promise<ByteImages> => {
    const where = join(path, file)
    const image = await readPng(where)
    const [h, w] = image.shape as [number, number]
    if (!mixedSizes && (h !== height || w !== width))
      throw new CascadeError(
        'data',
        `${where}: expected images of one size, ${shownSize([height, width])} as '${first}' has, ` +
          `got ${shownSize([h, w])}; with mixedSizes: true, transforms such as centerCrop and resize make them of one size`,
      )
    return withChannels(where, image, channels)
  }
  return {
    name: path,
    count: files.length,
    channels,
    size: mixedSizes ? undefined : [height, width],
    files,
    read: async (indices) => ({ images: await Promise.all(indices.map((i) => read(files[i] as string))) }),
  }
}

async function readPng(path: string): Promise<ByteImages> {
  const file = await readFile(path).catch((cause) => {
    throw new CascadeError('file', `pngFolder: could not read ${path}: ${cause.message}`, { cause })
  })
  return decodePng(file, path)
}

/** Numbers in names are compared as numbers, all else by code unit, the same on every machine. */
function naturally(a: string, b: string): number {
  const parts = (name: string): readonly string[] => name.match(/\d+|\D+/g) ?? []
  const [as, bs] = [parts(a), parts(b)]
  for (let i = 0; i < Math.min(as.length, bs.length); i++) {
    const [x, y] = [as[i] as string, bs[i] as string]
    if (x === y) continue
    const numbers = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : 0
    return numbers || (x < y ? -1 : 1)
  }
  return as.length - bs.length
}

/** @throws if something would be lost. */
function withChannels(where: string, { shape, data }: ByteImages, channels: number): ByteImages {
  const [height, width, own] = shape as [number, number, number]
  if (own === channels) return { shape, data }
  const bytes = new Uint8Array(height * width * channels)
  for (let i = 0; i < height * width; i++) {
    const [red, green, blue, alpha] = rgba(data.subarray(i * own, (i + 1) * own))
    const lost = (channels < 3 && !(red === green && green === blue)) || (channels % 2 === 1 && alpha < 255)
    if (lost) throw new CascadeError('data', `${where}: expected ${words[channels]}, got ${words[own]}`)
    const colours = channels < 3 ? [red] : [red, green, blue]
    bytes.set(channels % 2 === 0 ? [...colours, alpha] : colours, i * channels)
  }
  return { shape: [height, width, channels], data: bytes }
}

const words: Readonly<Record<number, string>> = { 1: 'grey', 2: 'grey with alpha', 3: 'RGB', 4: 'RGBA' }

function rgba(pixel: Uint8Array): [number, number, number, number] {
  const [first = 0, second = 0, third = 0, fourth = 255] = pixel
  if (pixel.length >= 3) return [first, second, third, fourth]
  return [first, first, first, pixel.length === 2 ? second : 255]
}
