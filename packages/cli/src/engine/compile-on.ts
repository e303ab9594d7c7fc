import type { Compile } from '@cascade-diffusion/arrays'
import { useBackend } from '@cascade-diffusion/backends'
import { type EngineName, engineNames, jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'

/** The names of jit's engines: `jit` is the one on the CPU. */
type JitName = 'jit' | `jit-${Exclude<EngineName, 'cpu'>}`

/** The backends of tfjs that have all gradients. */
const eagerNames = ['node', 'node-gpu', 'cpu'] as const

/** What can run functions of tensors: an engine of jit, or a backend of tfjs. */
export type CompileName = JitName | (typeof eagerNames)[number]

const nameOf = (engine: EngineName): JitName => (engine === 'cpu' ? 'jit' : `jit-${engine}`)

/** All names, the default first. */
export const compileNames: readonly CompileName[] = [...engineNames.map(nameOf), ...eagerNames]

/** How functions are run on an engine or a backend. @throws if it does not work here. */
export async function compileOn(name: CompileName): Promise<Compile> {
  const engine = engineNames.find((engine) => nameOf(engine) === name)
  if (engine === 'cpu') return (fn) => jit(fn)
  if (engine !== undefined) return (fn) => jit(fn, { engine })
  await useBackend(name as (typeof eagerNames)[number])
  return eager
}
