import type { Compile } from '@cascade-diffusion/arrays'
import { useBackend } from '@cascade-diffusion/backends'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { type CompileName, jitNames } from './compile-names.ts'

/** How functions are run on an engine or a backend. @throws if it does not work here. */
export async function compileOn(name: CompileName): Promise<Compile> {
  if (name === 'jit') return (fn) => jit(fn)
  if (name in jitNames) {
    const engine = jitNames[name as keyof typeof jitNames]
    return (fn) => jit(fn, { engine })
  }
  await useBackend(name as Exclude<CompileName, keyof typeof jitNames>)
  return eager
}
