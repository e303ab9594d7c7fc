import { isNDArray, type NDArray } from '@cascade-diffusion/arrays'
import { fitImage } from '@cascade-diffusion/cascade'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import {
  type ByteImages,
  convertChannels,
  fromUint8,
  type ImageSize,
  type ImageSource,
  shownSize,
  toUint8,
} from '@cascade-diffusion/data'
import type { Files } from './files.ts'
import type { RgbaImage } from './sampled-images.ts'

/** One image to super-resolve, or several in one array, a file or a folder. */
export type GivenImage = Pick<RgbaImage, 'width' | 'height' | 'data'> | ByteImages | NDArray<'float32'> | string

/**
 * Images to super-resolve: an `ImageData` of a canvas; bytes [h,w,C] or [n,h,w,C]; float32 of those shapes in [-1, 1]; in
 * Node.js also a path, of a picture, a folder, or whatever `openImages` knows; a list of any of these; or a source of
 * images.
 */
export type GivenImages = GivenImage | readonly GivenImage[] | ImageSource

/** The images that were given, one by one, [h,w,C]. @throws if there are none. */
export async function readGiven(given: GivenImages, files: Files | undefined): Promise<readonly ByteImages[]> {
  const images = isSource(given)
    ? (await given.read([...Array(given.count).keys()])).images
    : (await Promise.all((Array.isArray(given) ? given : [given]).map((one: GivenImage) => readOne(one, files)))).flat()
  if (images.length > 0) return images
  throw new CascadeError('input', `${where}: expected at least one image, got none`)
}

const where = 'upscale'

const isSource = (given: GivenImages): given is ImageSource =>
  typeof (given as Partial<ImageSource> | null)?.read === 'function'

async function readOne(one: GivenImage, files: Files | undefined): Promise<readonly ByteImages[]> {
  if (typeof one === 'string') {
    if (files) return files.read(one)
    throw new CascadeError('unsupported', `${where}: expected images, such as an ImageData, got the path ${shown(one)}`)
  }
  if (isNDArray(one) && one.dtype === 'float32') return separate(toUint8(one as NDArray<'float32'>))
  const { shape, data, width, height } = (one ?? {}) as Record<string, unknown>
  if (data instanceof Uint8ClampedArray && data.length === Number(width) * Number(height) * 4)
    return [{ shape: [Number(height), Number(width), 4], data: new Uint8Array(data) }]
  if (data instanceof Uint8Array && Array.isArray(shape)) return separate({ shape, data })
  throw new CascadeError('input', `${where}: expected images, bytes or float32 [n,h,w,C], got ${shown(one)}`)
}

function separate({ shape, data }: ByteImages): ByteImages[] {
  const [n = 1, ...image] = shape.length === 3 ? [1, ...shape] : shape
  const size = image.reduce((product, length) => product * length, 1)
  if (image.length !== 3 || !(image[2]! >= 1 && image[2]! <= 4) || data.length !== n * size)
    throw new CascadeError('input', `${where}: expected images of [h,w,1 to 4] or [n,h,w,1 to 4], got [${shape}]`)
  return Array.from({ length: n }, (_, i) => ({ shape: image, data: data.subarray(i * size, (i + 1) * size) }))
}

/** Images of one size and number of channels: float32 [n,h,w,C]. Those of another size are cropped and resized. */
export function fitted(images: readonly ByteImages[], size: ImageSize, channels: number): NDArray<'float32'> {
  const [height, width] = size
  const bytes = height * width * channels
  const data = new Uint8Array(images.length * bytes)
  for (const [i, image] of images.entries()) data.set(fitImage(convertChannels(image, channels), size).data, i * bytes)
  return fromUint8({ shape: [images.length, height, width, channels], data })
}

/** The sizes of images. */
export const sizesOf = (images: readonly ByteImages[]): readonly ImageSize[] =>
  images.map(({ shape }) => [shape[0] as number, shape[1] as number])

/** The one size of images. @throws if they differ. */
export function sizeOfAll(images: readonly ByteImages[]): ImageSize {
  const sizes = sizesOf(images)
  const [first] = sizes as [ImageSize]
  const other = sizes.find((size) => `${size}` !== `${first}`)
  if (!other) return first
  throw new CascadeError(
    'input',
    `${where}: expected images of one size, got ${shownSize(first)} and ${shownSize(other)}`,
  )
}
