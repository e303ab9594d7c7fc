import type { Compile } from '@cascade-diffusion/arrays'
import { useBackend } from '@cascade-diffusion/backends'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'

/** What can compute: `jit` and its engines, and the tfjs backends that have all gradients. */
export const compileNames = ['jit', 'jit-cuda', 'jit-webgpu', 'jit-wasm', 'node', 'node-gpu', 'cpu'] as const

export type CompileName = (typeof compileNames)[number]

const engines = { 'jit-cuda': 'cuda', 'jit-webgpu': 'webgpu', 'jit-wasm': 'wasm' } as const

/** How functions are run on a backend. @throws if it does not work here. */
export async function compileOn(name: CompileName): Promise<Compile> {
  if (name === 'jit') return (fn) => jit(fn)
  if (name === 'jit-cuda' || name === 'jit-webgpu' || name === 'jit-wasm')
    return (fn) => jit(fn, { engine: engines[name] })
  await useBackend(name)
  return eager
}
