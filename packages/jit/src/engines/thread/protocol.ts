import type { NDArray } from '@cascade-diffusion/arrays'
import type { EncodedModel } from '../../onnx/encode.ts'
import type { SessionPlan } from '../node/node-session.ts'
import type { ModelOutline } from '../node/shared-session.ts'

/** What stands for an array that lies with the thread that computes, or for an executable there. The asking thread names them. */
export type Handle = number

/**
 * What the thread that computes is asked for. Requests are served one after the other, in the order in which they come. Arrays
 * among them are given away.
 */
export type Request =
  /** Makes `executable`; gives nothing. */
  | {
      readonly kind: 'compile'
      readonly executable: Handle
      readonly model: ModelOutline
      readonly encoded: EncodedModel
      readonly plan: SessionPlan
    }
  /** Gives the results. */
  | { readonly kind: 'run'; readonly executable: Handle; readonly inputs: readonly (NDArray | Handle)[] }
  /** Leaves the results there, as `results`; gives the values of those that are small. */
  | {
      readonly kind: 'runOnDevice'
      readonly executable: Handle
      readonly inputs: readonly (NDArray | Handle)[]
      readonly donated: readonly boolean[]
      readonly results: readonly Handle[]
    }
  /** Gives a copy of an array. */
  | { readonly kind: 'read'; readonly array: Handle }
  /** Gives the memory of arrays back. */
  | { readonly kind: 'drop'; readonly arrays: readonly Handle[] }
  /** Frees an executable. */
  | { readonly kind: 'dispose'; readonly executable: Handle }

/** What a request gives. */
export interface Answer {
  /** Its arrays, in order; `undefined` for what is left there. */
  readonly arrays: readonly (NDArray | undefined)[]
  /** Inputs given back, since the next call may need memory of the same size: by their places. */
  readonly spent?: readonly (NDArray | undefined)[]
}

/** A request on its way; `id` is missing where nobody waits. */
export interface Message {
  readonly id?: number
  readonly request: Request
}

/** An answer on its way, or why there is none. */
export type Reply = { readonly id: number } & ({ readonly answer: Answer } | { readonly error: unknown })
