import { availableParallelism, cpus } from 'node:os'
import {
  backendNames,
  installed,
  type ModuleResult,
  probeBackend,
  type Receipt,
  type UsedBackend,
} from '@cascade-diffusion/backends'
import { cacheFolder } from '@cascade-diffusion/files'
import { engineNames } from '@cascade-diffusion/jit'
import { probeEngine } from '../probe-engine.ts'
import { diskFinding, type Finding, memoryFinding, memoryHere, nodeFinding } from './machine.ts'

/** What {@link examine} found. */
export interface Findings {
  /** Whether the default works: this Node.js, and jit's engine `cpu`. */
  readonly ok: boolean
  readonly node: Finding
  readonly machine: string
  /** Memory, and the room in the working folder and in that of downloads. */
  readonly space: readonly Finding[]
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
    space: [
      memoryFinding(memoryHere()),
      await diskFinding('disk', process.cwd()),
      await diskFinding('downloads', cacheFolder()),
    ],
    engines: await engines,
    backends: await backends,
    installed: await installed(),
  }
  const cpu = findings.engines.find(({ name }) => name === 'cpu') as Finding
  return { ok: findings.node.works && cpu.works, ...findings }
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
