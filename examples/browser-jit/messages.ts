/** Samples of each class. */
export const columns = 8

/** Messages from the page to the worker. */
export type Command =
  | { readonly type: 'start'; readonly provider: Provider }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }

export type Provider = 'wasm' | 'webgpu'

/** Messages from the worker to the page. */
export type News =
  | {
      readonly type: 'step'
      /** Steps so far. */
      readonly step: number
      readonly loss: number
      /** Time of this step with its batch. */
      readonly milliseconds: number
    }
  | {
      readonly type: 'samples'
      readonly step: number
      /** [rows of classes × columns, 16, 16, 3] in [-1, 1]. */
      readonly pixels: Float32Array
    }
  | { readonly type: 'error'; readonly message: string }
