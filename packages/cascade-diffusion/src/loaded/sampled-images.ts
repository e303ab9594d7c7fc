import { type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError, checkInteger } from '@cascade-diffusion/checks'
import { convertChannels, encodePng, type ImageGridOptions, imageGrid, toUint8 } from '@cascade-diffusion/data'
import type { Files } from './files.ts'

/** An image as browsers draw it: an `ImageData`, which `putImageData` of a canvas takes; in Node.js an object like it. */
export interface RgbaImage {
  readonly width: number
  readonly height: number
  /** Red, green, blue and alpha of each pixel, row by row. */
  readonly data: Uint8ClampedArray<ArrayBuffer>
  readonly colorSpace: 'srgb'
}

/** Options of {@link SampledImages.grid}. */
export interface GridOptions extends ImageGridOptions {
  /** The number of images in a row. Default: those of a square. */
  readonly columns?: number
}

/** Images that a cascade made. */
export interface SampledImages {
  /** The number of images. */
  readonly count: number
  /** Those of the last stage that was sampled: float32 [count,H,W,C] in [-1, 1]. */
  readonly images: NDArray<'float32'>
  /** Those of every stage that was sampled, by its name. */
  readonly stages: Readonly<Record<string, NDArray<'float32'>>>
  /** The class of each image, by name; undefined without labels. */
  readonly labels: readonly string[] | undefined
  /** An image as a PNG file. */
  png(index: number): Promise<Uint8Array>
  /** An image to draw on a canvas. */
  imageData(index: number): RgbaImage
  /** All images side by side, as a PNG file. */
  grid(options?: GridOptions): Promise<Uint8Array>
  /**
   * Writes the images; in Node.js only. A name that ends in `.png`: all images side by side; one that ends in `.npz`:
   * the arrays, as ADM's scripts write them; any other: a folder of PNG files, `000000.png` and so on. Files of the same
   * names are replaced.
   * @throws of code `file` if a file cannot be written.
   */
  save(path: string): Promise<void>
}

/** What was sampled. */
export interface Sampled {
  readonly stages: readonly string[]
  /** Of each of the stages. */
  readonly images: readonly NDArray<'float32'>[]
  readonly labels: NDArray<'int32'> | undefined
  readonly classNames: readonly string[] | undefined
}

/** Images with what can be done with them. @param files where there are files. */
export function sampledImages(sampled: Sampled, files: Files | undefined): SampledImages {
  const images = sampled.images.at(-1) as NDArray<'float32'>
  const [count = 0, ...shape] = images.shape
  const imageAt = (where: string, index: number) => {
    checkInteger(where, 'an index', index, { from: 0, to: count - 1 })
    const { data } = toUint8(rows(images, index, index + 1))
    return { shape, data }
  }
  const grid = async ({ columns = Math.ceil(Math.sqrt(count)), ...options }: GridOptions = {}) => {
    checkInteger('grid', 'columns', columns, { from: 1 })
    const starts = Array.from({ length: Math.ceil(count / columns) }, (_, row) => row * columns)
    return encodePng(
      imageGrid(
        starts.map((from) => [rows(images, from, Math.min(count, from + columns))]),
        options,
      ),
    )
  }
  return {
    count,
    images,
    stages: Object.fromEntries(sampled.stages.map((name, i) => [name, sampled.images[i] as NDArray<'float32'>])),
    labels: sampled.classNames && sampled.labels && namesOf(sampled.labels, sampled.classNames),
    png: async (index) => encodePng(imageAt('png', index)),
    imageData: (index) => rgbaImage(imageAt('imageData', index)),
    grid,
    async save(path) {
      if (!files)
        throw new CascadeError('unsupported', 'save: expected Node.js, got a browser: png(i) gives the bytes of a file')
      if (/\.png$/i.test(path)) return files.write(path, await grid())
      await files.writeImages(path, images, sampled.labels)
    },
  }
}

/** -1 is no class. */
const namesOf = ({ data }: NDArray<'int32'>, classNames: readonly string[]): string[] =>
  Array.from(data, (label) => classNames[label] ?? 'none')

function rgbaImage(image: { readonly shape: readonly number[]; readonly data: Uint8Array }): RgbaImage {
  const { shape, data: bytes } = convertChannels(image, 4)
  const [height = 0, width = 0] = shape
  const data = new Uint8ClampedArray(bytes)
  const { ImageData: Browsers } = globalThis as { readonly ImageData?: ImageDataClass }
  return Browsers ? new Browsers(data, width, height) : { width, height, data, colorSpace: 'srgb' }
}

type ImageDataClass = new (data: RgbaImage['data'], width: number, height: number) => RgbaImage
