import type { Rng } from '@cascade-diffusion/random'
import type { ByteImages } from '../images/byte-images.ts'
import type { ImageSize } from '../images/image-size.ts'
import type { EncodedImages } from './encoded-images.ts'

/**
 * Images that are read when they are needed: from memory, files, a network, or a program that draws them. Any object of this form is
 * a source; `imageDataset` makes one of images in memory.
 */
export interface ImageSource {
  /** What the images are. Errors and checkpoints name the source by it. */
  readonly name: string
  /** The number of images. */
  readonly count: number
  /** The channels of every image: 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA). */
  readonly channels: number
  /** The classes, if the images are labelled: a label is an index into this list. */
  readonly classNames?: readonly string[]
  /** The size of the images, if all are of one. Training needs one; transforms make it. */
  readonly size?: ImageSize
  /**
   * The images at the indices, each from 0 to `count` - 1, in their order; an index may come twice. The result depends on the
   * arguments alone. `readBatch` checks what it gives.
   */
  read(indices: readonly number[], options?: ReadOptions): Promise<ReadImages>
  /** The encoded images that `read` decodes, for sources of files. Absent for others. */
  readonly encoded?: EncodedImages
  /** The label of every image, without decoding any. Absent if the images are not labelled, or labels are not known in advance. */
  readonly readLabels?: () => Promise<Int32Array>
}

/** A source whose images are labelled. */
export interface LabelledSource extends ImageSource {
  readonly classNames: readonly string[]
}

/** What a source may draw by. An image's draws depend on the key and on its place in the batch, and on nothing else. */
export interface ReadOptions {
  /** The key of the batch. Sources that draw nothing ignore it. */
  readonly rng?: Rng
  /** The place of the first of these images in the batch, where several reads share one. 0. */
  readonly firstIndex?: number
}

/** What {@link ImageSource.read} gives. */
export interface ReadImages {
  /** One image for each index, [height, width, channels]; their sizes may differ. The reader does not change them. */
  readonly images: readonly ByteImages[]
  /** One label for each index, from a labelled source. */
  readonly labels?: ArrayLike<number>
}
