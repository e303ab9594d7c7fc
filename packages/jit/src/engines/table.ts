import { checkOneOf } from '@cascade-diffusion/checks'
import { cpu } from './cpu.ts'
import { cuda } from './cuda.ts'
import type { EngineDefinition, NodeDefinition, WebDefinition } from './definition.ts'
import { wasm } from './wasm.ts'
import { webgpu } from './webgpu.ts'

/** Every engine, by name. */
const engines = { cpu, cuda, webgpu, wasm } satisfies Record<string, EngineDefinition>

type Engines = typeof engines

/** The names of the engines whose files say how they work by a package. */
const namesWith = <Package extends 'node' | 'web'>(part: Package) =>
  engineNames.filter((name) => part in engines[name]) as {
    [Name in keyof Engines]: Engines[Name] extends Record<Package, object> ? Name : never
  }[keyof Engines][]

/** The names of all engines. */
export const engineNames = Object.keys(engines) as readonly (keyof Engines)[]

/** The names of those by ONNX Runtime's package for Node.js. */
export const nodeProviders = namesWith('node')

/** The names of those by its package for browsers. */
export const webProviders = namesWith('web')

/**
 * An engine by name. `cpu`: ONNX Runtime on the processor, in Node.js. `cuda`: on NVIDIA GPUs, in Node.js. `webgpu`: on any GPU,
 * in Node.js and in browsers. `wasm`: on the processor by WebAssembly, in browsers and in Node.js.
 */
export type EngineName = (typeof engineNames)[number]

/** What computes in ONNX Runtime's package for Node.js. */
export type NodeProvider = (typeof nodeProviders)[number]

/** What computes in ONNX Runtime's package for browsers. */
export type WebProvider = (typeof webProviders)[number]

/** What an engine's file says. */
export const definitionOf = (name: EngineName): EngineDefinition => engines[name]

/** The same of an engine in Node.js. @throws if it is none. */
export const nodeDefinition = (name: NodeProvider): EngineDefinition & { readonly node: NodeDefinition } =>
  engines[checkOneOf('onnxRuntimeNode', 'a provider', name, nodeProviders)]

/** The same of an engine by `onnxruntime-web`. @throws if it is none. */
export const webDefinition = (name: WebProvider): EngineDefinition & { readonly web: WebDefinition } =>
  engines[checkOneOf('onnxRuntimeWeb', 'a provider', name, webProviders)]
