import { CascadeError } from '@cascade-diffusion/checks'
import type { EngineName, NodeProvider, WebProvider } from './definition.ts'
import type { Engine } from './engine.ts'
import { onnxRuntimeNode } from './onnxruntime-node.ts'
import { onnxRuntimeWeb } from './onnxruntime-web.ts'
import { probe, timeProducts } from './probe.ts'
import { inNode } from './shared/host.ts'
import { definitionOf, engineNames, nodeProviders, webProviders } from './table.ts'

/** What {@link availableEngines} reports of an engine. */
export interface EngineReport {
  readonly name: EngineName
  /** Whether it has computed a small function correctly here. */
  readonly works: boolean
  /** If not: why, and what to do. */
  readonly reason?: string
}

/** The default engine: the processor in Node.js, the fastest one in a browser. */
export const defaultEngine = (): EngineName | 'auto' => (inNode ? 'cpu' : 'auto')

/** The engine of a name. @throws if there is no such engine, or not in browsers. */
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

/** Tries every engine on a small function. The reports say which work here, and why the others do not. */
export async function availableEngines(): Promise<EngineReport[]> {
  const reports: EngineReport[] = []
  for (const name of engineNames) reports.push(await report(name))
  return reports
}

/**
 * Checks that an engine works here: it computes a small function.
 * @param engine an engine, or its name.
 * @throws {CascadeError} of code `engine` if it does not work or gives a wrong result; the message says why.
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

/**
 * Of the engines that work here, that which multiplies matrices fastest: `cpu`, `cuda` or `webgpu` in Node.js, `webgpu`
 * or `wasm` in a browser.
 */
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
