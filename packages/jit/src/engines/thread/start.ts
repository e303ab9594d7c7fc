import type { Worker, WorkerOptions } from 'node:worker_threads'
import type { Gate } from './gate.ts'

/**
 * Starts the thread that computes: the module `compute-thread` beside the sources or the built files. There is none where this
 * is a thread itself, where the module is not found, as in a bundle that is one file, and where threads are not permitted.
 */
export function startThread(gate: Gate): Worker | undefined {
  const { isMainThread } = process.getBuiltinModule('node:worker_threads')
  const module = isMainThread ? computeModule() : undefined
  try {
    return module && moduleThread(module, { workerData: gate, name: 'jit' })
  } catch (error) {
    // Node.js's permission model allows threads by a flag of its own.
    if ((error as { code?: string }).code === 'ERR_ACCESS_DENIED') return undefined
    throw error
  }
}

function computeModule(): URL | undefined {
  // A bundle of another format has no URL of its own.
  const here = import.meta.url as string | undefined
  if (!here?.startsWith('file:')) return undefined
  const name = here.endsWith('.ts') ? '../../compute-thread.ts' : './compute-thread.js'
  const module = new URL(name, here)
  return process.getBuiltinModule('node:fs').existsSync(module) ? module : undefined
}

/** A thread that runs a module; Node.js 20 needs help with sources. */
export function moduleThread(module: URL, options: WorkerOptions): Worker {
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  // Not what the program was started with: --input-type is not for threads, and --import would run twice.
  if (!module.pathname.endsWith('.ts')) return new Worker(module, { ...options, execArgv: [] })
  const { createRequire } = process.getBuiltinModule('node:module')
  const { pathToFileURL } = process.getBuiltinModule('node:url')
  const tsx = new URL('./dist/esm/api/index.mjs', pathToFileURL(createRequire(module).resolve('tsx/package.json')))
  const program = `import('${tsx.href}').then((tsx) => (tsx.register(), import('${module.href}')))`
  return new Worker(program, { ...options, eval: true, execArgv: ['--conditions=@cascade-diffusion/source'] })
}
