import { sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { ByteImages } from './byte-images.ts'

/**
 * Gives the value back if it is one image in bytes.
 * @param where what gave it, for the error.
 * @param index which image of its source it is.
 * @throws `where: expected image 3 in bytes, …`
 */
export function checkImage(where: string, image: ByteImages, index: number): ByteImages {
  const { shape, data } = (image ?? {}) as Partial<ByteImages>
  if (!Array.isArray(shape) || shape.length !== 3 || !(data instanceof Uint8Array))
    throw new CascadeError(
      'data',
      `${where}: expected image ${index} in bytes, { shape: [height, width, channels], data: Uint8Array }, got ${shown(image)}`,
    )
  const length = sizeOf(shape)
  if (!(length > 0 && data.length === length))
    throw new CascadeError(
      'data',
      `${where}: expected ${length} bytes of image ${index}, [${shape}], got ${data.length}`,
    )
  return image
}
