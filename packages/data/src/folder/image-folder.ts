import { resolve } from 'node:path'
import { CascadeError, checkFlag, checkOneOf, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { type DecodeOptions, decodeImage } from '../decode/decode-image.ts'
import { checkDecoding } from '../decode/decode-options.ts'
import { type ImageSize, sizeOfImage } from '../images/image-size.ts'
import { checkClassNames } from '../sources/check-source.ts'
import { type EncodedSource, encodedSource } from '../sources/encoded-source.ts'
import { readEncoded } from '../sources/read-encoded.ts'
import { type ImageFiles, listImages } from './image-files.ts'
import { type Manifest, readManifest } from './manifest.ts'

/** Options of {@link imageFolder}. */
export interface ImageFolderOptions {
  /**
   * `'folders'`: the classes are the subfolders, in code-point order; images outside of them are left out, as in
   * torchvision. `'none'`: all images of the folder and its subfolders, without labels. Default: `'none'`.
   */
  readonly classes?: 'folders' | 'none'
  /**
   * A table that lists the images, and their classes if it has a column of them. Takes the place of `classes`. Default:
   * none.
   */
  readonly manifest?: Manifest
  /** The endings of the files' names, in any case. Default {@link imageExtensions}. */
  readonly extensions?: readonly string[]
  /** Whether files and folders whose names begin with a dot count, as they do in torchvision. Default false. */
  readonly hidden?: boolean
  /** Whether a class may have no images. Default false. */
  readonly emptyClasses?: boolean
  /**
   * Whether all images have the size of the first, which then is the source's. Reading throws on another. Default
   * false: sizes may differ; transforms make them one: `transformed(source, resizeCrop({ size: 64 }))`.
   */
  readonly sameSize?: boolean
  /** How images are decoded. Default: upright, RGB. */
  readonly decoding?: DecodeOptions
}

const optionKeys: KnownKeys<ImageFolderOptions> = {
  classes: true,
  manifest: true,
  extensions: true,
  hidden: true,
  emptyClasses: true,
  sameSize: true,
  decoding: true,
}

/** The endings of images' names, those of torchvision and two more. */
export const imageExtensions: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.png',
  '.ppm',
  '.bmp',
  '.pgm',
  '.tif',
  '.tiff',
  '.webp',
  '.avif',
  '.gif',
]

/** A source of the images of a folder. {@link imageFolder} makes it. */
export interface ImageFolder extends EncodedSource {
  /** The name of an image: its path below the folder, with `/`; of a table, as the table has it. */
  nameOf(index: number): string
}

/** An {@link ImageFolder} with labels. */
export interface LabelledImageFolder extends ImageFolder {
  readonly classNames: readonly string[]
  readLabels(): Promise<Int32Array>
}

/** Options that give labels. */
export type LabelledFolderOptions = ImageFolderOptions &
  (
    | { readonly classes: 'folders'; readonly manifest?: undefined }
    | { readonly manifest: Manifest & { readonly label: string } }
  )

/**
 * The images of a folder and its subfolders as a source. Names are listed once; files are opened when they are read.
 * The order is that of torchvision: by subfolder, by the path of the folder and by name, in code-point order; that of
 * a table is its own. Links are followed. A million names take about 30 MB.
 * @throws {CascadeError} of code `file` if the folder or the table cannot be read; of code `data` if there are no
 * images, a class has none, or a row of the table is wrong. Reading throws one that names the file if it is damaged or
 * of another size.
 */
export function imageFolder(path: string, options: LabelledFolderOptions): Promise<LabelledImageFolder>
export function imageFolder(path: string, options?: ImageFolderOptions): Promise<ImageFolder>
export async function imageFolder(path: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  const { manifest, extensions, hidden, emptyClasses, sameSize, decoding, byFolders } = checked(path, options)
  const listed = await listImages('imageFolder', path, { extensions, hidden, subfoldersOnly: byFolders })
  const { count, pathOf, labels } = manifest
    ? await fromManifest(path, manifest, listed)
    : fromFolders(path, listed, { extensions, byFolders, emptyClasses })
  const imageOf = (index: number) => {
    const where = resolve(path, pathOf(index))
    return { name: where, path: where }
  }
  const source = encodedSource({
    name: path,
    count,
    classNames: labels?.classNames,
    size: sameSize ? await sizeOfFirst(imageOf(0), decoding) : undefined,
    encoded: {
      decoding,
      locate: async (indices) => ({ images: indices.map(imageOf), labels: labels && indices.map(labels.of) }),
    },
    readLabels: labels && (async () => Int32Array.from({ length: count }, (_, index) => labels.of(index))),
  })
  return { ...source, nameOf: pathOf }
}

/** The images of a folder: how many, where, and of which classes. */
interface Listed {
  readonly count: number
  pathOf(index: number): string
  readonly labels?: { readonly classNames: readonly string[]; of(index: number): number }
}

function checked(path: string, options: ImageFolderOptions) {
  const where = 'imageFolder'
  if (typeof path !== 'string' || path === '')
    throw new CascadeError('input', `${where}: expected the path of a folder, got ${shown(path)}`)
  checkOptions(where, options, optionKeys)
  const { classes = 'none', manifest, extensions = imageExtensions, decoding = {} } = options
  const byFolders = checkOneOf(where, 'classes', classes, ['folders', 'none']) === 'folders'
  if (manifest !== undefined) checkManifest(manifest)
  if (manifest && byFolders)
    throw new CascadeError('input', `${where}: expected classes of folders or a manifest, got both`)
  if (
    !Array.isArray(extensions) ||
    extensions.length === 0 ||
    !extensions.every((x) => typeof x === 'string' && /^\.[^./]+$/.test(x))
  )
    throw new CascadeError('input', `${where}: expected extensions such as '.png', got ${shown(extensions)}`)
  checkDecoding(where, decoding)
  return {
    byFolders,
    manifest,
    decoding,
    extensions: new Set(extensions.map((extension) => extension.toLowerCase())),
    hidden: checkFlag(where, 'hidden', options.hidden ?? false),
    emptyClasses: checkFlag(where, 'emptyClasses', options.emptyClasses ?? false),
    sameSize: checkFlag(where, 'sameSize', options.sameSize ?? false),
  }
}

function checkManifest(manifest: Manifest): void {
  const where = 'imageFolder: manifest'
  checkOptions(where, manifest, { path: true, file: true, label: true, classNames: true })
  for (const [key, value] of Object.entries({ file: '', label: '', ...manifest }))
    if (key !== 'classNames' && value !== undefined && typeof value !== 'string')
      throw new CascadeError('input', `${where}: expected ${key}, a text, got ${shown(value)}`)
  if (typeof manifest.path !== 'string')
    throw new CascadeError('input', `${where}: expected path, a text, got ${shown(manifest.path)}`)
  if (manifest.classNames === undefined) return
  checkClassNames(where, manifest.classNames)
  if (manifest.label === undefined)
    throw new CascadeError('input', `${where}: expected label, the column of the classes, with classNames`)
}

async function fromManifest(path: string, manifest: Manifest, files: ImageFiles): Promise<Listed> {
  const { count, pathOf, labelled } = await readManifest(path, manifest, files)
  if (!labelled) return { count, pathOf }
  const { classNames, labels } = labelled
  return { count, pathOf, labels: { classNames, of: (index) => labels[index]! } }
}

interface FolderListing {
  readonly extensions: ReadonlySet<string>
  readonly byFolders: boolean
  readonly emptyClasses: boolean
}

function fromFolders(path: string, files: ImageFiles, options: FolderListing): Listed {
  const { extensions, byFolders, emptyClasses } = options
  const { count, pathOf, subfolders, subfolderOf, others } = files
  if (count === 0) {
    const place = byFolders ? `the subfolders of ${path}` : path
    const expected = `expected images (${[...extensions].join(', ')}) in ${place}`
    const hint =
      byFolders && subfolders.length === 0 ? "; images in the folder itself are read without classes: 'folders'" : ''
    throw new CascadeError('data', `imageFolder: ${expected}, got ${others}${hint}`)
  }
  if (!byFolders) return { count, pathOf }
  const empty = subfolders.filter((each) => each.count === 0).map(({ name }) => name)
  if (empty.length > 0 && !emptyClasses)
    throw new CascadeError(
      'data',
      `imageFolder: expected images in each class of ${path}, got none in ${empty.slice(0, 10).join(', ')}; ` +
        'with emptyClasses: true, classes may have none',
    )
  return { count, pathOf, labels: { classNames: subfolders.map(({ name }) => name), of: subfolderOf } }
}

async function sizeOfFirst(image: { name: string; path: string }, decoding: DecodeOptions): Promise<ImageSize> {
  return sizeOfImage(await decodeImage(await readEncoded(image), decoding, image.name))
}
