import type { NDArray } from '@cascade-diffusion/arrays'
import type { EncodedModel } from '../../onnx/encode.ts'
import type { ModelOutline } from '../definition.ts'
import type { SessionPlan } from '../node/node-session.ts'

/** A number that stands for an array or an executable of the compute thread. The requesting thread chooses it. */
export type Handle = number

/**
 * A request to the compute thread. Requests are served one after the other, in the order of their arrival. Arrays in
 * them are given away.
 */
export type Request =
  /** Makes `executable`. Returns nothing. */
  | {
      readonly kind: 'compile'
      readonly executable: Handle
      readonly model: ModelOutline
      readonly encoded: EncodedModel
      readonly plan: SessionPlan
    }
  /** Returns the results. */
  | { readonly kind: 'run'; readonly executable: Handle; readonly inputs: readonly (NDArray | Handle)[] }
  /** Leaves the results there, as `results`. Returns the values of small ones. */
  | {
      readonly kind: 'runOnDevice'
      readonly executable: Handle
      readonly inputs: readonly (NDArray | Handle)[]
      readonly donated: readonly boolean[]
      readonly results: readonly Handle[]
    }
  /** Returns a copy of an array. */
  | { readonly kind: 'read'; readonly array: Handle }
  /** Frees arrays. */
  | { readonly kind: 'drop'; readonly arrays: readonly Handle[] }
  /** Frees an executable. */
  | { readonly kind: 'dispose'; readonly executable: Handle }

/** What a request returns. */
export interface Answer {
  /** Its arrays, in order; `undefined` for those that are left there. */
  readonly arrays: readonly (NDArray | undefined)[]
  /** Inputs that are given back, by their positions: the next call may need memory of the same size. */
  readonly spent?: readonly (NDArray | undefined)[]
}

/** A request as a message; `id` is missing if no answer is expected. */
export interface Message {
  readonly id?: number
  readonly request: Request
}

/** An answer as a message, or the error instead. */
export type Reply = { readonly id: number } & ({ readonly answer: Answer } | { readonly error: unknown })
