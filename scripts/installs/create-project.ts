import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manager } from './managers.ts'
import { run } from './run.ts'

/** A project that `npm create cascade-diffusion` made, with its packages. */
export interface CreatedProject {
  readonly folder: string
  /** Runs the words of a terminal's line behind `npm`. @returns what it printed on stdout. */
  run(...words: readonly string[]): Promise<string>
}

/**
 * Does what `npm create cascade-diffusion` says in an empty folder: creates a project, and installs.
 * @param folder where projects are made.
 * @param registry our packages'.
 */
export async function createProject(
  manager: Manager,
  flags: readonly string[],
  folder: string,
  registry: string,
): Promise<CreatedProject> {
  await mkdir(folder, { recursive: true })
  const empty = await mkdtemp(join(folder, 'empty-'))
  // npm keeps what it ran once by name and version; and its own flags end at two dashes.
  const env = { ...manager.env(registry), npm_config_cache: join(folder, 'npm-cache') }
  const create =
    manager.command === 'npm' ? ['create', '--yes', 'cascade-diffusion', '--'] : ['create', 'cascade-diffusion']
  await run(manager.line(...create, 'my-cascade', ...flags), { cwd: empty, env })
  const project = join(empty, 'my-cascade')
  await run(manager.line('install'), { cwd: project, env: manager.env(registry) })
  return { folder: project, run: (...words) => run(manager.line(...words), { cwd: project, env }) }
}
