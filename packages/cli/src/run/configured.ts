import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type CascadeConfig, loadConfig, openRun, withOverrides } from '@cascade-diffusion/experiment'
import type { Override } from '../command.ts'
import { UsageError } from '../usage-error.ts'

/** What a command line says of a configuration. */
export interface GivenConfig {
  /** Its file. */
  readonly config: string | undefined
  /** The folder of the run. */
  readonly out: string | undefined
  readonly overrides: readonly Override[]
}

/** A configuration, and the folder of its run. */
export interface Configured {
  readonly config: CascadeConfig
  /** Where it is from, in words. */
  readonly from: string
  readonly out: string
}

/**
 * The configuration that a command line says: that of a file, or else that of the run in the folder; with the fields
 * that it sets.
 * @throws UsageError if it says none; and as `loadConfig` and `withOverrides` do.
 */
export async function configured({ config: path, out, overrides }: GivenConfig): Promise<Configured> {
  const loaded = await loadConfig(path)
  const isSaid = overrides.some(([field]) => /^(data|preset)\b/.test(field))
  if (loaded.path === undefined && !isSaid) {
    const run = out === undefined || !existsSync(join(out, 'config.json')) ? undefined : await openRun(out)
    if (run && out !== undefined)
      return { config: withOverrides(run.plan, overrides), from: join(out, 'config.json'), out: resolve(out) }
    throw new UsageError(
      'expected a configuration: a cascade.config.ts in this folder, which `npx cascade-diffusion init` writes; ' +
        '--config FILE; --data PATH; --preset NAME; or --out with the folder of a run, to resume it',
    )
  }
  const config = withOverrides(loaded.config, overrides)
  return { config, from: loaded.path ?? 'the command line', out: resolve(out ?? join('runs', nameOf(config))) }
}

/** The name of a run's folder: what the configuration says first. */
function nameOf({ name, preset, data }: CascadeConfig): string {
  const place =
    typeof data === 'string' ? data : data && 'train' in data && typeof data.train === 'string' ? data.train : undefined
  const named = data && typeof data === 'object' && 'name' in data ? data.name : undefined
  const words = name ?? preset ?? (place === undefined ? named : basename(resolve(place)).replace(/\.[a-z]+$/i, ''))
  return words?.replaceAll(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'cascade'
}
