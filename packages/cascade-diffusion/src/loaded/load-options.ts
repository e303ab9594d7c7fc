import type { Compile } from '@cascade-diffusion/arrays'
import type { ReadCascadeOptions } from '@cascade-diffusion/cascade'
import { CascadeError, checkFunction, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import { type JitOptions, jit } from '@cascade-diffusion/jit'

/** Options of `loadCascade`. */
export interface LoadCascadeOptions extends ReadCascadeOptions {
  /** What runs the networks: an engine of `jit` by its name. Default: the CPU in Node.js, the fastest in browsers. */
  readonly engine?: JitOptions['engine']
  /** What makes functions of tensors run, in place of `jit` with an engine: `eager`, or a custom one. */
  readonly compile?: Compile
}

const known: KnownKeys<LoadCascadeOptions> = { custom: true, engine: true, compile: true }

/** The parts of the options. @throws if one is unknown, or both an engine and a way to compile are given. */
export function loadOptions(options: LoadCascadeOptions): {
  readonly read: ReadCascadeOptions
  readonly compile: Compile
} {
  checkOptions('loadCascade', options, known)
  const { engine, compile, ...read } = options
  if (compile === undefined) return { read, compile: engine === undefined ? jit : (fn) => jit(fn, { engine }) }
  checkFunction('loadCascade', 'compile', compile)
  if (engine === undefined) return { read, compile }
  throw new CascadeError('input', 'loadCascade: expected an engine or compile, got both')
}
