import type { ImageSource } from '@cascade-diffusion/data'

/** Real images: those of training, and test images that no model has seen. Both are labelled, or neither is. */
export interface ExperimentData {
  readonly train: ImageSource
  readonly test: ImageSource
}

/** How far loading has come. */
export interface LoadProgress {
  /** What the images are for; undefined if all are read to split them. */
  readonly split?: 'train' | 'test'
  readonly done: number
  readonly total: number
}

/** What loading needs besides the configuration. */
export interface LoadOptions {
  /** Where images that are made, and hashes of images, are kept between runs. */
  readonly cacheDir: string
  /** Called while images are made, or read to be split. */
  readonly progress: (progress: LoadProgress) => void
}

/** What an entry of the table of data sets is given besides its configuration. */
export type LoadContext = [options: LoadOptions]

/** What an entry makes. */
export type Loaded = Promise<ExperimentData>
