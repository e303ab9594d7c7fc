import type { NDArray } from '@cascade-diffusion/arrays'
import type * as Node from 'onnxruntime-node'
import type * as Web from 'onnxruntime-web'
import type { Target } from '../lower/target.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { Executable } from './engine.ts'
import type { ModelOutline, SharedSession } from './node/shared-session.ts'

/** The packages of ONNX Runtime, loaded. */
export type OrtNode = typeof Node
export type OrtWeb = typeof Web

/**
 * All that is particular to one engine: a provider of ONNX Runtime. Its name, of the engine and of the provider, is its key in
 * `table.ts`. An engine is added as one file that defines it, its name in the types of the table, and one line there.
 */
export interface EngineDefinition {
  /** How graphs are lowered for it, unless an option says otherwise. */
  readonly target: Target
  /** A model as it takes it best; if missing, as it is. */
  prepare?(model: OnnxModel): Prepared
  /** How it works in Node.js, by the package `onnxruntime-node`, which has this provider. */
  readonly node?: NodeDefinition
  /** How it works by the package `onnxruntime-web`, which has this provider. */
  readonly web?: WebDefinition
}

/** An engine of ONNX Runtime's package for Node.js. */
export type NodeEngine = EngineDefinition & Required<Pick<EngineDefinition, 'node'>>

/** An engine of ONNX Runtime's package for browsers. */
export type WebEngine = EngineDefinition & Required<Pick<EngineDefinition, 'web'>>

/** A model for a provider, and how its session is made. */
export interface Prepared {
  readonly model: OnnxModel
  /** Whether ONNX Runtime's optimiser runs: true. */
  readonly optimised?: boolean
  /** Whether the optimised model is worth keeping on disk: false. */
  readonly cached?: boolean
  /** The names of operators that the processor computes for a GPU: none. */
  readonly onCpu?: readonly string[]
}

/** How an engine works in Node.js. */
export interface NodeDefinition {
  /** Whether it computes in a worker thread by default. */
  readonly worker: boolean
  /**
   * Makes sure that the provider is there and computes. If missing, it always does.
   * @throws {CascadeError} of code `engine`, if not; the message says what to do.
   */
  check?(ort: OrtNode): Promise<void>
  /** Runs a session. */
  executable(ort: OrtNode, model: ModelOutline, session: SharedSession, optimised: boolean): Executable
}

/** How an engine works in browsers, or in Node.js by WebAssembly. */
export interface WebDefinition {
  /** Loads the part of the package that has the provider. */
  load(): Promise<OrtWeb>
  /** Threads by default. */
  threads(): number
  /** Where a session leaves its results, if not on the host. */
  readonly resultsOn?: 'gpu-buffer'
  /** Runs a session. */
  executable(model: OnnxModel, session: WebSession): Executable
}

/** A session of `onnxruntime-web`, and what runs it. */
export interface WebSession {
  readonly session: Web.InferenceSession
  /** A tensor that shares a host array's memory. */
  tensorOf(array: NDArray): Web.Tensor
  /** Runs what must not overlap with anything else that runs in turn. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}
