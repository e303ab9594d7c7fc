import type { Rng } from '@cascade-diffusion/random'
import type { ByteImages } from '../images/byte-images.ts'
import type { ImageSize } from '../images/image-size.ts'

/** Changes images one by one as they are read. Any object of this form is a transform; its functions are pure. */
export interface ImageTransform<Drawn = unknown> {
  /** What it does, for errors and checkpoints. */
  readonly name: string
  /** The configuration by which `transformOf` makes it again: a JSON value with its `name`. */
  readonly config?: unknown
  /**
   * The size of the result, for images of the size `from`, which is undefined if sizes differ or are not known. It throws on a size
   * that does not fit. Default: the size does not change.
   */
  size?(from: ImageSize | undefined): ImageSize | undefined
  /**
   * Makes it random: what is drawn for one image, from the key of its batch and its place there. Fold a label into the key, and take
   * the place as the offset of a draw, or fold it in too. Without `draw` a transform is not random.
   */
  draw?(rng: Rng, place: number): Drawn
  /** The image changed, as an image of its own. `drawn` is what `draw` gave. */
  apply(image: ByteImages, drawn: Drawn): ByteImages
}
