import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CascadeError, isCascadeError } from '@cascade-diffusion/checks'

/**
 * Runs a program in TypeScript or JavaScript. Its types are not checked.
 *
 * Our packages, and tfjs, are imported from where the program can see them, else from where this command is. So a
 * configuration may import them if nothing is installed beside it; and the program and this one share them, which tfjs
 * needs.
 * @returns its exports.
 * @throws CascadeError 'input' with the file and the line if it cannot be read, has an error of syntax, or fails.
 */
export async function runProgram(given: string): Promise<unknown> {
  const path = resolve(given)
  const { createJiti } = await import('jiti')
  const jiti = createJiti(path, {
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    virtualModules: sharedModules(path),
  })
  try {
    return await jiti.evalModule(await readFile(path, 'utf8'), {
      filename: path,
      ext: '.ts',
      async: true,
      forceTranspile: true,
    })
  } catch (cause) {
    throw new CascadeError('input', `${given}: ${inWords(path, cause)}`, { cause })
  }
}

const isShared = (name: unknown): name is string =>
  typeof name === 'string' && /^(cascade-diffusion|@cascade-diffusion\/.+|@tensorflow\/tfjs-core)$/.test(name)

/** Our packages by name, imported when they are asked for. */
const sharedModules = (path: string): Record<string, unknown> =>
  new Proxy(
    {},
    {
      has: (_, name) => isShared(name),
      get: (_, name) => (isShared(name) ? importShared(name, [path, ...thisCommand()]) : undefined),
    },
  )

/** The file of the command that runs. It sees the packages that it was installed with. */
function thisCommand(): string[] {
  try {
    return [realpathSync(process.argv[1]!)]
  } catch {
    return []
  }
}

async function importShared(name: string, places: readonly string[]): Promise<unknown> {
  for (const place of places) {
    try {
      return await import(pathToFileURL(createRequire(place).resolve(name)).href)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return import(name)
}

const isMissing = (error: unknown): boolean =>
  ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'].includes(
    (error as { code?: string }).code ?? '',
  )

/** What went wrong, and in which line. */
function inWords(path: string, error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${error}`
  if (isCascadeError(error)) return error.message + lineOf(path, error)
  const message = error.message.replace(/^ParseError: /, 'expected TypeScript or JavaScript: ').trim()
  const [first = ''] = message.replaceAll(`${path}:`, 'line ').split(/\s*\nRequire stack:/)
  return first.replace(/\s*\n\s*/g, ', ') + lineOf(path, error)
}

/** `, at line 3:11`, where the stack knows it. */
function lineOf(path: string, { stack = '', message }: Error): string {
  const at = new RegExp(`${path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+:\\d+)`)
  const found = at.exec(stack)
  return found && !message.includes(path) ? `, at line ${found[1]}` : ''
}
