/** Samples of each class. */
export const columns = 8

/** What the page tells the worker. */
export type Command =
  | { readonly type: 'start'; readonly provider: Provider }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }

export type Provider = 'wasm' | 'webgpu'

/** What the worker tells the page. */
export type News =
  | {
      readonly type: 'step'
      /** Steps done. */
      readonly step: number
      readonly loss: number
      /** Of this step, batch and all. */
      readonly milliseconds: number
    }
  | {
      readonly type: 'samples'
      readonly step: number
      /** [rows of classes × columns, 16, 16, 3] in [-1, 1]. */
      readonly pixels: Float32Array
    }
  | { readonly type: 'error'; readonly message: string }
