import { CascadeError } from '@cascade-diffusion/checks'
import type { Engine } from './engine.ts'
import { onnxRuntimeNode } from './onnxruntime-node.ts'
import { onnxRuntimeWeb } from './onnxruntime-web.ts'
import { probe, timeProducts } from './probe.ts'
import { inNode } from './shared/in-node.ts'

/** The engines that have names. */
export const engineNames = ['cpu', 'cuda', 'webgpu', 'wasm'] as const

/**
 * An engine by name. `cpu`: ONNX Runtime on the processor, in Node.js. `cuda`: on NVIDIA GPUs, in Node.js. `webgpu`: on any GPU,
 * in Node.js and in browsers. `wasm`: on the processor by WebAssembly, in browsers and in Node.js.
 */
export type EngineName = (typeof engineNames)[number]

/** What {@link availableEngines} tells of an engine. */
export interface EngineReport {
  readonly name: EngineName
  /** Whether it computed a small function right, here and now. */
  readonly works: boolean
  /** If it did not: why, and what to do. */
  readonly reason?: string
}

/** What there is by default: the processor in Node.js; in a browser, its GPU if it has WebGPU. */
export const defaultEngine = (): EngineName | 'auto' => (inNode ? 'cpu' : 'auto')

const candidates: readonly EngineName[] = inNode ? ['cuda', 'webgpu', 'cpu'] : ['webgpu', 'wasm']

/** The engine of this name. @throws if there is none of the name, or not in a browser. */
export function engineNamed(name: EngineName): Engine {
  if (!engineNames.includes(name))
    throw new CascadeError(
      'engine',
      `jit: expected an engine, 'auto' or one of '${engineNames.join("', '")}', got '${name}'`,
    )
  if (name === 'wasm') return onnxRuntimeWeb({ provider: 'wasm' })
  if (inNode) return onnxRuntimeNode({ provider: name })
  if (name === 'webgpu') return onnxRuntimeWeb({ provider: 'webgpu' })
  throw new CascadeError('engine', `jit: the engine '${name}' runs in Node.js, got a browser; use 'webgpu' or 'wasm'`)
}

/** Tries every engine on a small function, and says which work here and why the others do not. */
export async function availableEngines(): Promise<EngineReport[]> {
  const reports: EngineReport[] = []
  for (const name of engineNames) reports.push(await report(name))
  return reports
}

async function report(name: EngineName): Promise<EngineReport> {
  try {
    await probe(engineNamed(name))
    return { name, works: true }
  } catch (error) {
    return { name, works: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

let chosen: Promise<Engine> | undefined

/** The engine that works here and multiplies matrices the fastest: of `cuda`, `webgpu`, `cpu` in Node.js, of `webgpu`, `wasm` in a browser. */
export function automaticEngine(): Promise<Engine> {
  chosen ??= choose()
  chosen.catch(() => {
    chosen = undefined
  })
  return chosen
}

async function choose(): Promise<Engine> {
  const reports = []
  for (const name of candidates) reports.push(await report(name))
  const working = reports.filter(({ works }) => works).map(({ name }) => engineNamed(name))
  if (working.length === 0)
    throw new CascadeError(
      'engine',
      `jit: no engine works here: ${reports.map(({ name, reason }) => `'${name}': ${reason}`).join('; ')}`,
    )
  if (working.length === 1) return working[0] as Engine
  const timed = []
  for (const engine of working) timed.push({ engine, time: await timeProducts(engine) })
  return timed.reduce((best, other) => (other.time < best.time ? other : best)).engine
}
