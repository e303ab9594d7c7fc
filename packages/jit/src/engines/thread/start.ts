import type { Worker, WorkerOptions } from 'node:worker_threads'
import type { Gate } from './gate.ts'

/**
 * Starts the compute thread from the module `compute-thread` next to the sources or the built files. Returns
 * `undefined` in a worker thread, if the module is not found (as in a bundle of one file), and if threads are not
 * permitted.
 */
export function startThread(gate: Gate): Worker | undefined {
  const { isMainThread } = process.getBuiltinModule('node:worker_threads')
  const module = isMainThread ? computeModule() : undefined
  try {
    return module && moduleThread(module, { workerData: gate, name: 'jit' })
  } catch (error) {
    // Node.js's permission model has a separate flag for threads.
    if ((error as { code?: string }).code === 'ERR_ACCESS_DENIED') return undefined
    throw error
  }
}

function computeModule(): URL | undefined {
  // A bundle that is not an ES module has no URL.
  const here = import.meta.url as string | undefined
  if (!here?.startsWith('file:')) return undefined
  const name = here.endsWith('.ts') ? '../../compute-thread.ts' : './compute-thread.js'
  const module = new URL(name, here)
  return process.getBuiltinModule('node:fs').existsSync(module) ? module : undefined
}

/** A thread that runs a module. Sources are run by tsx, since Node.js 20 cannot. */
export function moduleThread(module: URL, options: WorkerOptions): Worker {
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  // Without the program's own flags: --input-type is not allowed for threads, and --import would run twice.
  if (!module.pathname.endsWith('.ts')) return new Worker(module, { ...options, execArgv: [] })
  const { createRequire } = process.getBuiltinModule('node:module')
  const { pathToFileURL } = process.getBuiltinModule('node:url')
  const tsx = new URL('./dist/esm/api/index.mjs', pathToFileURL(createRequire(module).resolve('tsx/package.json')))
  const program = `import('${tsx.href}').then((tsx) => (tsx.register(), import('${module.href}')))`
  return new Worker(program, { ...options, eval: true, execArgv: ['--conditions=@cascade-diffusion/source'] })
}
