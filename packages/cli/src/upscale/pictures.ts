import { stat } from 'node:fs/promises'
import { basename, extname, relative, resolve, sep } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import {
  concatenate,
  encodedSource,
  type FileRange,
  type ImageSource,
  imageExtensions,
  openImages,
} from '@cascade-diffusion/data'

/** The images to super-resolve. */
export interface Pictures {
  readonly source: ImageSource
  /** Names of files, one for each image, all different; undefined if the images have none. */
  readonly names: readonly string[] | undefined
}

/**
 * The images at paths: files, folders of images, or sets of images.
 * @param channels of the images. Those of files are converted to them.
 * @throws if there is nothing, or no image.
 */
export async function openPictures(paths: readonly string[], channels: number): Promise<Pictures> {
  const parts = await Promise.all(paths.map((path) => partAt(path, channels)))
  const [first] = parts as [Part]
  const source =
    parts.length === 1
      ? first.source
      : concatenate(...parts.map(({ source }) => ({ ...source, classNames: undefined, readLabels: undefined })))
  const all = parts.flatMap(({ names }) => names ?? [])
  return { source, names: all.length === source.count ? different(all) : undefined }
}

interface Part {
  readonly source: ImageSource
  /** Paths below the one that was given, or names in a set. */
  readonly names: readonly string[] | undefined
}

async function partAt(path: string, channels: number): Promise<Part> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() && imageExtensions.includes(extname(path).toLowerCase()))
    return { source: filesSource(path, channels), names: [basename(path)] }
  const opened = await openImages(path)
  const { name, count, classNames, encoded, readLabels } = opened
  if (!encoded) return { source: opened, names: undefined }
  const decoding = { ...encoded.decoding, channels: channels as 1 | 2 | 3 | 4 }
  const source = encodedSource({ name, count, classNames, encoded: { ...encoded, decoding }, readLabels })
  const { images } = await encoded.locate([...Array(count).keys()])
  const root = resolve(path)
  return { source, names: images.map(({ name }) => (name.startsWith(root + sep) ? relative(root, name) : name)) }
}

/** One image in a file. */
function filesSource(path: string, channels: number): ImageSource {
  const image: FileRange = { name: path, path }
  return encodedSource({
    name: path,
    count: 1,
    encoded: {
      decoding: { channels: channels as 1 | 2 | 3 | 4 },
      locate: async (indices) => ({ images: indices.map(() => image) }),
    },
  })
}

/** Names of files in one folder: without their endings, unless some would be the same. Undefined if some are anyway. */
function different(paths: readonly string[]): readonly string[] | undefined {
  const flat = paths.map((path) => path.replace(/[/\\\0]+/g, '-').replace(/^\.+/, ''))
  const short = flat.map((name) => name.slice(0, name.length - extname(name).length) || name)
  return [short, flat].find((names) => new Set(names.map((name) => name.toLowerCase())).size === names.length)
}

/**
 * The labels of images by the classes of a cascade; undefined if they have none.
 * @throws of code `data` if a class of the images is none of the cascade's.
 */
export async function labelsOfPictures(
  { name, classNames, readLabels }: ImageSource,
  classes: readonly string[],
): Promise<Int32Array | undefined> {
  if (!classNames || !readLabels) return undefined
  const other = classNames.find((each) => !classes.includes(each))
  if (other !== undefined)
    throw new CascadeError(
      'data',
      `expected classes of the cascade in '${name}', got '${other}'; --label gives all images one class`,
    )
  return Int32Array.from(await readLabels(), (label) => classes.indexOf(classNames[label] as string))
}
