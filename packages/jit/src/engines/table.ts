import { checkOneOf } from '@cascade-diffusion/checks'
import { cpu } from './cpu.ts'
import { cuda } from './cuda.ts'
import type { EngineDefinition, EngineName, NodeEngine, NodeProvider, WebEngine, WebProvider } from './definition.ts'
import { wasm } from './wasm.ts'
import { webgpu } from './webgpu.ts'

/** Every engine, by name: a line for each. */
const engines: Readonly<Record<NodeProvider, NodeEngine> & Record<WebProvider, WebEngine>> = {
  cpu,
  cuda,
  webgpu,
  wasm,
}

/** The names of all engines. */
export const engineNames: readonly EngineName[] = Object.keys(engines) as EngineName[]

/** An engine's definition. */
export const definitionOf = (name: EngineName): EngineDefinition => engines[name]

/** The names of the engines of ONNX Runtime's package for Node.js. */
export const nodeProviders = engineNames.filter((name): name is NodeProvider => definitionOf(name).node !== undefined)
/** The names of the engines of its package for browsers. */
export const webProviders = engineNames.filter((name): name is WebProvider => definitionOf(name).web !== undefined)

/** The definition of an engine of `onnxruntime-node`. @throws if there is none of the name. */
export const nodeEngine = (name: NodeProvider): NodeEngine =>
  engines[checkOneOf('onnxRuntimeNode', 'a provider', name, nodeProviders)]

/** The definition of an engine of `onnxruntime-web`. @throws if there is none of the name. */
export const webEngine = (name: WebProvider): WebEngine =>
  engines[checkOneOf('onnxRuntimeWeb', 'a provider', name, webProviders)]
