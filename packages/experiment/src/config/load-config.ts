import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { CascadeConfig } from './cascade-config.ts'
import { parseCascadeConfig } from './config-schema.ts'
import { runProgram } from './run-program.ts'

/** The names that a configuration is found by, in the working folder. */
export const configNames = ['ts', 'mts', 'js', 'mjs', 'json'].map((ending) => `cascade.config.${ending}`)

/** A configuration and its file. */
export interface LoadedConfig {
  /** The file, as it was given or found; undefined if there is none. */
  readonly path: string | undefined
  readonly config: CascadeConfig
}

/**
 * Loads a configuration: the `default` or `config` of a program, or JSON. It is checked whole.
 * @param path its file. Default: the only `cascade.config.…` of the working folder; an empty configuration if there is
 * none.
 * @throws CascadeError 'input' if there are several, the file is missing, its program fails (with file and line), it
 * exports no configuration, or the configuration is wrong.
 */
export async function loadConfig(path?: string): Promise<LoadedConfig> {
  const found = path ?? onlyConfig()
  if (found === undefined) return { path: undefined, config: {} }
  if (!existsSync(found)) throw new CascadeError('input', `${found}: expected a configuration, got no such file`)
  if (statSync(found).isDirectory())
    throw new CascadeError('input', `${found}: expected the file of a configuration, got a folder`)
  const raw = extname(found) === '.json' ? await readJson(found) : await configOf(found, await runProgram(found))
  return { path: found, config: parseCascadeConfig(found, raw) }
}

function onlyConfig(): string | undefined {
  const found = configNames.filter((name) => existsSync(name))
  if (found.length > 1)
    throw new CascadeError('input', `expected one configuration in the working folder, got ${found.join(' and ')}`)
  return found[0]
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CascadeError(
      'input',
      `${path}: expected JSON, without comments (cascade.config.js may have some): ${(cause as Error).message}`,
      { cause },
    )
  }
}

/** The configuration among the exports of a program. A promise of one is awaited. */
async function configOf(path: string, exports: unknown): Promise<unknown> {
  const { default: main, config } = (exports ?? {}) as { readonly default?: unknown; readonly config?: unknown }
  const given = await (main ?? config)
  if (typeof given === 'object' && given !== null) return given
  throw new CascadeError(
    'input',
    `${path}: expected a configuration, export default defineCascade({ … }), got ${shown(given)}`,
  )
}
