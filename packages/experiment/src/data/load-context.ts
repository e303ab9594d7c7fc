import type { ImageSource } from '@cascade-diffusion/data'

/** Training or test images. */
export type Split = 'train' | 'test'

/** What loading needs besides the configuration. */
export interface LoadOptions {
  /** Where images that are made are kept between runs. */
  readonly cacheDir: string
  /** Called while images are made. */
  readonly progress: (progress: { readonly split: Split; readonly done: number; readonly total: number }) => void
}

/** What an entry of the table of data sets is given besides its configuration. */
export type LoadContext = [split: Split, options: LoadOptions]

/** What an entry makes. */
export type Loaded = Promise<ImageSource>
