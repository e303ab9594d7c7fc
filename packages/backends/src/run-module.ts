import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The result of {@link runModule}: the value of the module, or an error. */
export type ModuleResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string /** The end of its stderr. */; readonly stderr: string }

/** Options of {@link runModule}. */
export interface RunModuleOptions {
  readonly signal?: AbortSignal
  /** Milliseconds after which it is killed. Default 120,000. */
  readonly timeout?: number
  readonly env?: Readonly<Record<string, string | undefined>>
}

const mark = '\u0001result '

/** The module of that name beside another: `.ts` in the sources, `.js` once built. */
export const beside = (url: string, name: string): URL => new URL(`./${name}.${url.endsWith('.ts') ? 'ts' : 'js'}`, url)

/**
 * Runs a module in its own process, so that a crash of a native library does not end this one. The module ends with
 * {@link giveResult}. Throws on an abort only.
 */
export function runModule<T>(
  module: URL,
  args: readonly string[],
  options: RunModuleOptions = {},
): Promise<ModuleResult<T>> {
  const { signal, timeout = 120_000, env = process.env } = options
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...loaderFor(module), fileURLToPath(module), ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
    })
    let [output, errors] = ['', '']
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-4000)
    })
    child.on('error', (error) => {
      if (!signal?.aborted) resolve({ ok: false, error: error.message, stderr: '' })
    })
    child.on('close', (code, killedBy) => {
      if (signal?.aborted) return reject(signal.reason)
      const line = output.split('\n').find((line) => line.startsWith(mark))
      const stderr = errors.trim()
      if (line) return resolve({ stderr, ...JSON.parse(line.slice(mark.length)) })
      const how = killedBy ? `was ended by ${killedBy}` : `ended with exit code ${code}`
      resolve({ ok: false, error: `the process ${how} without a result${stderr && `:\n${stderr}`}`, stderr })
    })
  })
}

/** The end of a module for {@link runModule}: computes the result and sends it, or the message of its error. */
export async function giveResult(compute: () => Promise<unknown>): Promise<void> {
  const result = await compute().then(
    (value) => ({ ok: true, value }),
    (error) => ({ ok: false, error: error instanceof Error ? error.message : String(error) }),
  )
  // process.exit alone may cut off the output, but a library may keep the process alive.
  process.stdout.write(`${mark}${JSON.stringify(result)}\n`, () => process.exit(0))
}

/** Node.js 20 needs a loader for the sources. */
function loaderFor(module: URL): string[] {
  if (!module.pathname.endsWith('.ts')) return []
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  return ['--conditions=@cascade-diffusion/source', '--import', tsx]
}
