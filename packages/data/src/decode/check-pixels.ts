import { type ImageSize, shownSize } from '../images/image-size.ts'
import type { Decoding } from './decode-options.ts'

/** @throws if an image has no pixels or more than may be decoded. */
export function checkPixels([height, width]: ImageSize, { maxPixels }: Decoding): void {
  if (!(height >= 1 && width >= 1)) throw new Error(`expected a size, got ${shownSize([height, width])}`)
  if (height * width > maxPixels)
    throw new Error(
      `expected at most ${maxPixels} pixels, got ${shownSize([height, width])}; maxPixels raises the limit`,
    )
}
