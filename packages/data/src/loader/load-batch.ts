import { CascadeError } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { ByteImages } from '../images/byte-images.ts'
import type { BatchShare } from './batch-order.ts'
import type { ImageReader, ReadImage, ReadRequest, ReadResult } from './image-reader.ts'
import { isImageError, type SkippedImage } from './unreadable.ts'

/** Images that are drawn in vain for one place before a set counts as unreadable. */
const TRIES = 100

/** A batch in bytes. */
export interface LoadedBatch {
  readonly indices: readonly number[]
  readonly images: readonly ByteImages[]
  readonly labels: readonly number[] | undefined
  readonly skipped: readonly SkippedImage[]
  /** Gives the memory of the images back. */
  release(): void
}

/** A batch to be loaded. */
export interface BatchRequest extends BatchShare, Pick<ReadRequest, 'rng' | 'located'> {
  readonly step: number
}

/** What becomes of images that cannot be read: other images by a key, nothing, or an error. */
export type Skipping =
  | { readonly kind: 'fail' }
  | { readonly kind: 'leave-out' }
  | { readonly kind: 'replace'; readonly count: number; readonly rng: Rng }

/**
 * Loads a batch.
 * @throws {CascadeError} of an image that cannot be read, unless such are skipped; of code `data` if no other image can be read either.
 */
export async function loadBatch(reader: ImageReader, request: BatchRequest, skipping: Skipping): Promise<LoadedBatch> {
  const results: ReadResult[] = []
  const read = async (part: ReadRequest): Promise<readonly ReadImage[]> => {
    const result = await reader.read(part)
    results.push(result)
    return result.images
  }
  const release = () => {
    for (const result of results) result.release()
  }
  /** One image; what the source throws for it is its error. */
  const readOne = async (index: number, place: number): Promise<ReadImage> => {
    try {
      return (await read({ indices: [index], firstIndex: place, rng: request.rng }))[0]!
    } catch (error) {
      if (isImageError(error)) return { name: `image ${index}`, image: error }
      throw error
    }
  }
  try {
    const first = await readAll(read, readOne, request, skipping)
    const indices: number[] = []
    const images: ByteImages[] = []
    const labels: number[] = []
    const skipped: SkippedImage[] = []
    for (const [i, one] of first.entries()) {
      const taken = await readable(one, i, request, skipping, readOne, skipped)
      if (!taken) continue
      indices.push(taken.index)
      images.push(taken.image)
      if (taken.label !== undefined) labels.push(taken.label)
    }
    return { indices, images, labels: labels.length === images.length ? labels : undefined, skipped, release }
  } catch (error) {
    release()
    throw error
  }
}

async function readAll(
  read: (part: ReadRequest) => Promise<readonly ReadImage[]>,
  readOne: (index: number, place: number) => Promise<ReadImage>,
  request: BatchRequest,
  skipping: Skipping,
): Promise<readonly ReadImage[]> {
  const { indices, firstIndex } = request
  try {
    return await read(request)
  } catch (error) {
    if (skipping.kind === 'fail' || !isImageError(error)) throw error
    // The source fails as a whole: which of the images is it?
    const images: ReadImage[] = []
    for (const [i, index] of indices.entries()) images.push(await readOne(index, firstIndex + i))
    return images
  }
}

/** An image for the i-th place, with its index: the one that was read, another one, or none. */
async function readable(
  one: ReadImage,
  i: number,
  { step, indices, firstIndex, firstPlace }: BatchRequest,
  skipping: Skipping,
  readOne: (index: number, place: number) => Promise<ReadImage>,
  skipped: SkippedImage[],
): Promise<{ readonly index: number; readonly image: ByteImages; readonly label: number | undefined } | undefined> {
  let [index, { name, image, label }] = [indices[i]!, one]
  const tried: { readonly index: number; readonly name: string; readonly error: CascadeError }[] = []
  while (!('shape' in image)) {
    if (skipping.kind === 'fail') throw image
    tried.push({ index, name, error: image })
    if (skipping.kind === 'leave-out') break
    if (tried.length > TRIES)
      throw new CascadeError(
        'data',
        `imageLoader: expected images that can be read, got ${TRIES} in a row that cannot, the last: ${image.message}`,
        { cause: image },
      )
    index = replacement(skipping, firstPlace + i, tried.length - 1)
    ;({ name, image, label } = await readOne(index, firstIndex + i))
  }
  const good = 'shape' in image
  for (const bad of tried) skipped.push({ step, ...bad, replacement: good ? index : undefined })
  return 'shape' in image ? { index, image, label } : undefined
}

/** The n-th image to try for a place of the run: a function of the key and the place alone. */
function replacement({ count, rng }: Extract<Skipping, { kind: 'replace' }>, place: number, n: number): number {
  const [high, low] = rng
    .fold('replacement')
    .fold(place)
    .integers([2], 0, 2 ** 26, 2 * n).data
  return Math.floor((high! + low! * 2 ** -26) * 2 ** -26 * count)
}
