import type { EngineName } from '@cascade-diffusion/jit'

/** The backends of tfjs that have all gradients. */
export const eagerNames = ['node', 'node-gpu', 'cpu'] as const

/** jit's engines by the names that the command knows: `jit` is the one on the CPU. */
export const jitNames = {
  jit: 'cpu',
  'jit-cuda': 'cuda',
  'jit-webgpu': 'webgpu',
  'jit-wasm': 'wasm',
} as const satisfies Readonly<Record<string, EngineName>>

type JitName = keyof typeof jitNames

/** What can run functions of tensors: an engine of jit, or a backend of tfjs. */
export type CompileName = JitName | (typeof eagerNames)[number]

/** All names, the default first. */
export const compileNames: readonly CompileName[] = [...(Object.keys(jitNames) as JitName[]), ...eagerNames]
