import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { ThreadData } from './protocol.ts'

/**
 * Starts threads from the module `loader-thread` next to the sources or the built files. Returns `undefined` if it is not found, as in a
 * bundle of one file, and if threads are not permitted.
 */
export function startThreads(count: number, data: ThreadData): Worker[] | undefined {
  const module = threadModule()
  try {
    return module && Array.from({ length: count }, () => moduleThread(module, data))
  } catch (error) {
    // Node.js's permission model has a separate flag for threads.
    if ((error as { code?: string }).code === 'ERR_ACCESS_DENIED') return undefined
    throw error
  }
}

function threadModule(): URL | undefined {
  // A bundle that is not an ES module has no URL.
  const here = import.meta.url as string | undefined
  if (!here?.startsWith('file:')) return undefined
  const module = new URL(here.endsWith('.ts') ? '../../loader-thread.ts' : './loader-thread.js', here)
  return existsSync(module) ? module : undefined
}

/** A thread that runs a module. Sources are run by tsx, since Node.js 20 cannot. */
function moduleThread(module: URL, data: ThreadData): Worker {
  const options = { workerData: data, name: 'image loader' }
  // Without the program's own flags: --input-type is not allowed for threads, and --import would run twice.
  if (!module.pathname.endsWith('.ts')) return new Worker(module, { ...options, execArgv: [] })
  const tsx = new URL('./dist/esm/api/index.mjs', pathToFileURL(createRequire(module).resolve('tsx/package.json')))
  const program = `import('${tsx.href}').then((tsx) => (tsx.register(), import('${module.href}')))`
  return new Worker(program, { ...options, eval: true, execArgv: ['--conditions=@cascade-diffusion/source'] })
}
