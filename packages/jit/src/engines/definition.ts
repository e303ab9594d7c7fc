import type { NDArray } from '@cascade-diffusion/arrays'
import type * as Node from 'onnxruntime-node'
import type * as Web from 'onnxruntime-web'
import type { Target } from '../lower/target.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { Executable } from './engine.ts'
import type { InPlaceModel } from './shared/in-place.ts'

/** The packages of ONNX Runtime, loaded. */
export type OrtNode = typeof Node
export type OrtWeb = typeof Web

/** What computes in ONNX Runtime's package for Node.js. */
export type NodeProvider = 'cpu' | 'cuda' | 'webgpu'

/** What computes in ONNX Runtime's package for browsers. */
export type WebProvider = 'webgpu' | 'wasm'

/**
 * An engine by name. `cpu`: ONNX Runtime on the processor, in Node.js. `cuda`: on NVIDIA GPUs, in Node.js. `webgpu`: on
 * any GPU, in Node.js and in browsers. `wasm`: on the processor by WebAssembly, in browsers and in Node.js.
 */
export type EngineName = NodeProvider | WebProvider

/**
 * All that is particular to one engine, which is a provider of ONNX Runtime. Its key in `table.ts` is the name of both.
 * An engine is added as one file with its definition, its name in the types above, and one line of the table.
 */
export interface EngineDefinition {
  /** How graphs are lowered for it, unless an option says otherwise. */
  readonly target: Target
  /** Adapts a model to the engine; if missing, models are taken as they are. */
  prepare?(model: OnnxModel): Prepared
  /** How it works with `onnxruntime-node`, if that package has this provider. */
  readonly node?: NodeDefinition
  /** How it works with `onnxruntime-web`, if that package has this provider. */
  readonly web?: WebDefinition
}

/** An engine of ONNX Runtime's package for Node.js. */
export type NodeEngine = EngineDefinition & Required<Pick<EngineDefinition, 'node'>>

/** An engine of ONNX Runtime's package for browsers. */
export type WebEngine = EngineDefinition & Required<Pick<EngineDefinition, 'web'>>

/** A model adapted to an engine, and how its session is made. */
export interface Prepared {
  readonly model: OnnxModel
  /** Whether ONNX Runtime's optimiser runs. Default true. */
  readonly optimised?: boolean
  /** Whether the optimised model is worth keeping on disk. Default false. */
  readonly cached?: boolean
  /** The names of operators that run on the processor instead of the GPU. Default none. */
  readonly onCpu?: readonly string[]
}

/** How an engine works in Node.js. */
export interface NodeDefinition {
  /** Whether it computes in a worker thread by default. */
  readonly worker: boolean
  /**
   * Checks that the provider is installed and computes. If missing, there is nothing to check.
   * @throws {CascadeError} of code `engine` if it does not; the message says what to do.
   */
  check?(ort: OrtNode): Promise<void>
  /** Runs a session. */
  executable(ort: OrtNode, model: ModelOutline, session: SharedSession, optimised: boolean): Executable
}

/** What running a serialised model needs to know of it: no weights and no attributes. */
export interface ModelOutline extends InPlaceModel, Pick<OnnxModel, 'sequence'> {}

/** A session of `onnxruntime-node`, shared by equal models. */
export interface SharedSession {
  readonly session: Node.InferenceSession
  /** Frees the session once all who share it have released it. */
  release(): Promise<void>
}

/** How an engine works in browsers, and by WebAssembly in Node.js. */
export interface WebDefinition {
  /** Loads the part of the package that has the provider. */
  load(): Promise<OrtWeb>
  /** The default number of threads. */
  threads(): number
  /** Where a session leaves its results. Default: on the host. */
  readonly resultsOn?: 'gpu-buffer'
  /** Runs a session. */
  executable(model: OnnxModel, session: WebSession): Executable
}

/** A session of `onnxruntime-web`, and what is needed to run it. */
export interface WebSession {
  readonly session: Web.InferenceSession
  /** Makes a tensor that shares a host array's memory. */
  tensorOf(array: NDArray): Web.Tensor
  /** Runs work that must not overlap with other such work. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}
