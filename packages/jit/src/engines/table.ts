import { checkOneOf } from '@cascade-diffusion/checks'
import { cpu } from './cpu.ts'
import { cuda } from './cuda.ts'
import type { EngineDefinition, NodeEngine, WebEngine } from './definition.ts'
import { wasm } from './wasm.ts'
import { webgpu } from './webgpu.ts'

/** What computes in ONNX Runtime's package for Node.js. */
export type NodeProvider = 'cpu' | 'cuda' | 'webgpu'

/** What computes in ONNX Runtime's package for browsers. */
export type WebProvider = 'webgpu' | 'wasm'

/**
 * An engine by name. `cpu`: ONNX Runtime on the processor, in Node.js. `cuda`: on NVIDIA GPUs, in Node.js. `webgpu`: on any GPU,
 * in Node.js and in browsers. `wasm`: on the processor by WebAssembly, in browsers and in Node.js.
 */
export type EngineName = NodeProvider | WebProvider

/** Every engine, by name: one for each in the types above. */
const engines: Readonly<Record<NodeProvider, NodeEngine> & Record<WebProvider, WebEngine>> = {
  cpu,
  cuda,
  webgpu,
  wasm,
}

/** The names of all engines. */
export const engineNames: readonly EngineName[] = Object.keys(engines) as EngineName[]

/** What an engine's file says. */
export const definitionOf = (name: EngineName): EngineDefinition => engines[name]

/** The names of the engines of ONNX Runtime's package for Node.js, and of that for browsers. */
export const nodeProviders = engineNames.filter((name): name is NodeProvider => definitionOf(name).node !== undefined)
export const webProviders = engineNames.filter((name): name is WebProvider => definitionOf(name).web !== undefined)

/** What the file of an engine in Node.js says. @throws if it is none. */
export const nodeEngine = (name: NodeProvider): NodeEngine =>
  engines[checkOneOf('onnxRuntimeNode', 'a provider', name, nodeProviders)]

/** What the file of an engine by `onnxruntime-web` says. @throws if it is none. */
export const webEngine = (name: WebProvider): WebEngine =>
  engines[checkOneOf('onnxRuntimeWeb', 'a provider', name, webProviders)]
