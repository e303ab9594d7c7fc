import type { NDArray } from '@cascade-diffusion/arrays'

/** Images as networks take them. */
export interface ImageBatch {
  /** [n, height, width, channels] in [-1, 1]: byte / 127.5 - 1. */
  readonly image: NDArray<'float32'>
  /** The class of each image, [n], from a labelled source. */
  readonly label?: NDArray<'int32'>
}

/** An {@link ImageBatch} of a labelled source. */
export interface LabelledBatch extends ImageBatch {
  readonly label: NDArray<'int32'>
}
