import type { ErrorCode } from '@cascade-diffusion/checks'
import type { ByteImages } from '../../images/byte-images.ts'
import type { TransformConfig } from '../../transforms/transform-of.ts'
import type { ImageTask, Recipe } from '../make-image.ts'

/** What a thread is started with. */
export interface ThreadData extends Omit<Recipe, 'transforms'> {
  readonly transforms: readonly TransformConfig[]
  /** Not 0: nothing is made any more. */
  readonly stop: Int32Array<SharedArrayBuffer>
}

/** What a thread is asked for. Jobs are done one after the other. */
export interface Job {
  readonly id: number
  readonly tasks: readonly ImageTask[]
  /** Where images are written, one after the other, if their bytes are known. */
  readonly into?: { readonly memory: SharedArrayBuffer; readonly offset: number; readonly imageBytes: number }
}

/** To a thread; `end` ends it. */
export type Message = Job | 'end'

/** An image of a job: its shape if it was written to the job's memory, the image itself, or its error. */
export type JobImage =
  | { readonly shape: readonly number[] }
  | { readonly image: ByteImages }
  | { readonly error: SentError }

/** An error, which loses its class on the way. */
export interface SentError {
  readonly code: ErrorCode
  readonly message: string
}

/** From a thread: what became of a job. */
export type Reply =
  | { readonly id: number; readonly images: readonly JobImage[] }
  | { readonly id: number; readonly error: SentError }
