import type { Worker } from 'node:worker_threads'
import type { Gate } from './gate.ts'

/**
 * Starts the thread that computes: the module `compute-thread` beside the sources or the built files. There is none where this
 * is a thread itself, and where the module is not found, as in a bundle that is one file.
 */
export function startThread(gate: Gate): Worker | undefined {
  const { isMainThread, Worker } = process.getBuiltinModule('node:worker_threads')
  const module = isMainThread ? computeModule() : undefined
  if (!module) return undefined
  const common = { workerData: gate, name: 'jit' }
  if (!module.pathname.endsWith('.ts')) return new Worker(module, common)
  const program = `import(${JSON.stringify(tsx())}).then((tsx) => (tsx.register(), import(${JSON.stringify(module.href)})))`
  return new Worker(program, { ...common, eval: true, execArgv: ['--conditions=@cascade-diffusion/source'] })
}

function computeModule(): URL | undefined {
  // A bundle of another format has no URL of its own.
  const here = import.meta.url as string | undefined
  if (!here?.startsWith('file:')) return undefined
  const module = here.endsWith('.ts') ? new URL('../../compute-thread.ts', here) : new URL('./compute-thread.js', here)
  return process.getBuiltinModule('node:fs').existsSync(module) ? module : undefined
}

/** What runs sources on Node.js 20, as a URL. */
function tsx(): string {
  const { createRequire } = process.getBuiltinModule('node:module')
  const manifest = createRequire(import.meta.url).resolve('tsx/package.json')
  return new URL('./dist/esm/api/index.mjs', process.getBuiltinModule('node:url').pathToFileURL(manifest)).href
}
