import { availableParallelism, cpus } from 'node:os'
import {
  backendNames,
  installed,
  type ModuleResult,
  probeBackend,
  type Receipt,
  type UsedBackend,
} from '@cascade-diffusion/backends'
import { engineNames } from '@cascade-diffusion/jit'
import { probeEngine } from '../probe-engine.ts'

/** Whether something works here; if not, why, and what to do. */
export interface Finding {
  readonly name: string
  readonly works: boolean
  /** Versions, and whether a GPU is used. */
  readonly detail?: string
  readonly reason?: string
}

/** What {@link examine} found. */
export interface Findings {
  /** Whether the default works: this Node.js, and jit's engine `cpu`. */
  readonly ok: boolean
  readonly node: Finding
  readonly machine: string
  /** What `jit` can run on. */
  readonly engines: readonly Finding[]
  /** What `eager` can run on. */
  readonly backends: readonly Finding[]
  /** What `cascade-diffusion backends install` has installed. */
  readonly installed: readonly Receipt[]
}

/** Tries everything that can compute, each in a process of its own. */
export async function examine(signal: AbortSignal): Promise<Findings> {
  const engines = Promise.all(engineNames.map(async (name) => engineFinding(name, await probeEngine(name, { signal }))))
  const backends = Promise.all(
    backendNames.map(async (name) => backendFinding(name, await probeBackend(name, { signal }))),
  )
  const findings = {
    node: nodeFinding(process.versions.node),
    machine: `${process.platform} ${process.arch}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}`,
    engines: await engines,
    backends: await backends,
    installed: await installed(),
  }
  const cpu = findings.engines.find(({ name }) => name === 'cpu') as Finding
  return { ok: findings.node.works && cpu.works, ...findings }
}

/** Node.js as package.json's `engines` wants it. */
export function nodeFinding(version: string): Finding {
  const [major, minor] = version.split('.').map(Number) as [number, number]
  const works = major > 20 || (major === 20 && minor >= 19)
  return { name: 'Node.js', works, detail: version, ...(!works && { reason: 'expected 20.19 or later' }) }
}

/** ONNX Runtime names a library that is missing only where it logs. */
export function engineFinding(name: string, result: ModuleResult<unknown>): Finding {
  if (result.ok) return { name, works: true }
  const missing = result.stderr.match(/(lib[\w.+-]+\.so[\w.]*): cannot open shared object file/)?.[1]
  return { name, works: false, reason: `${result.error}${missing ? ` (${missing} is missing)` : ''}` }
}

export function backendFinding(name: string, result: ModuleResult<UsedBackend>): Finding {
  if (!result.ok) return { name, works: false, reason: result.error }
  const { version, gpu } = result.value
  return {
    name,
    works: true,
    detail: `${version}${name === 'node-gpu' ? (gpu ? ', on a GPU' : ', no GPU: on the processor') : ''}`,
  }
}
