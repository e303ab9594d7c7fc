import { CascadeError } from '@cascade-diffusion/checks'
import type { Engine } from './engine.ts'
import { onnxRuntimeNode } from './onnxruntime-node.ts'
import { onnxRuntimeWeb } from './onnxruntime-web.ts'
import { probe, timeProducts } from './probe.ts'
import { inNode } from './shared/host.ts'
import {
  definitionOf,
  type EngineName,
  engineNames,
  type NodeProvider,
  nodeProviders,
  type WebProvider,
  webProviders,
} from './table.ts'

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

/** The engine of this name. @throws if there is none of the name, or not in a browser. */
export function engineNamed(name: EngineName): Engine {
  if (!engineNames.includes(name))
    throw new CascadeError(
      'input',
      `jit: expected an engine, 'auto' or one of '${engineNames.join("', '")}', got '${name}'`,
    )
  const { node, web } = definitionOf(name)
  if (inNode && node) return onnxRuntimeNode({ provider: name as NodeProvider })
  if (web) return onnxRuntimeWeb({ provider: name as WebProvider })
  throw new CascadeError(
    'engine',
    `jit: the engine '${name}' runs in Node.js, got a browser; use '${webProviders.join("' or '")}'`,
  )
}

/** Tries every engine on a small function, and says which work here and why the others do not. */
export async function availableEngines(): Promise<EngineReport[]> {
  const reports: EngineReport[] = []
  for (const name of engineNames) reports.push(await report(name))
  return reports
}

/**
 * Has an engine compute a small function.
 * @param engine or its name.
 * @throws {CascadeError} of code `engine` if it does not work here, or computes something else; the message says why.
 */
export const checkEngine = async (engine: EngineName | Engine): Promise<void> =>
  probe(typeof engine === 'string' ? engineNamed(engine) : engine)

async function report(name: EngineName): Promise<EngineReport> {
  try {
    await checkEngine(name)
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
  for (const name of inNode ? nodeProviders : webProviders) reports.push(await report(name))
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
