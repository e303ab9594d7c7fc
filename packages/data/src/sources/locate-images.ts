import { CascadeError, isCascadeError, shown } from '@cascade-diffusion/checks'
import type { EncodedImage, EncodedImages, LocatedImages } from './encoded-images.ts'
import { messageOf, someOf } from './read-images.ts'

/**
 * Where the encoded images of a source are, checked: one for each index.
 * @param name of the source, for errors.
 * @throws {CascadeError} of code `data` that names the source and the index; what `locate` throws becomes its cause.
 */
export async function locateImages(
  name: string,
  encoded: EncodedImages,
  indices: readonly number[],
): Promise<LocatedImages> {
  let located: LocatedImages
  try {
    located = await encoded.locate(indices)
  } catch (cause) {
    if (isCascadeError(cause)) throw cause
    throw new CascadeError('data', `${name}: could not locate ${someOf(indices)}: ${messageOf(cause)}`, {
      cause,
    })
  }
  const images: unknown = located?.images
  if (!Array.isArray(images) || images.length !== indices.length)
    throw new CascadeError('data', `${name}: expected ${indices.length} images from locate, got ${shown(images)}`)
  for (const [i, image] of images.entries())
    if (!isEncodedImage(image))
      throw new CascadeError(
        'data',
        `${name}: expected { name, bytes } or { name, path } from locate, got ${shown(image)} for image ${indices[i]}`,
      )
  return located
}

function isEncodedImage(image: unknown): image is EncodedImage {
  if (typeof image !== 'object' || image === null) return false
  const { name, bytes, path } = image as { readonly name?: unknown; readonly bytes?: unknown; readonly path?: unknown }
  return typeof name === 'string' && ('bytes' in image ? bytes instanceof Uint8Array : typeof path === 'string')
}
