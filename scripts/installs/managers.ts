// The package managers that the READMEs' install lines are tried on.
import { access, constants, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandLine, run } from './run.ts'

/** A package manager that is at hand. */
export interface Manager {
  readonly name: ManagerName
  /** What it is called on a command line. */
  readonly command: 'npm' | 'pnpm' | 'yarn' | 'bun'
  /** The environment in which it takes packages from a registry. */
  env(registry: string): Readonly<Record<string, string>>
  /** Its command line with other words: those after `npm`. */
  line(...words: readonly string[]): CommandLine
  /** The command that installs what `npm i WORDS` does. */
  add(words: readonly string[]): CommandLine
  /** The command that runs a JavaScript file. */
  node(file: string): CommandLine
}

/** What is taken of them from the registry; what docs/installing.md promises is promised for these. */
const versions = {
  'npm 10': 'npm@10',
  'npm 11': 'npm@11',
  'npm 12': 'npm@12',
  'pnpm 10': 'pnpm@10',
  Yarn: '@yarnpkg/cli-dist@4',
  bun: 'bun@1',
}

export type ManagerName = keyof typeof versions

export const managerNames = Object.keys(versions) as ManagerName[]

const aliasOf = (name: ManagerName) => name.toLowerCase().replace(' ', '-')

/** Where {@link managersIn} puts pnpm's program. */
export const pnpmIn = (tools: string) => join(tools, 'node_modules', aliasOf('pnpm 10'), 'bin', 'pnpm.cjs')

/**
 * Takes package managers from the registry.
 * @param tools a folder for them and for the caches of those that identify packages by name and version only.
 * @throws if the registry cannot be reached.
 */
export async function managersIn(tools: string, names: readonly ManagerName[]): Promise<Manager[]> {
  await mkdir(tools, { recursive: true })
  await writeFile(join(tools, 'package.json'), '{"private":true}')
  const wanted = names.map((name) => `${aliasOf(name)}@npm:${versions[name]}`)
  try {
    await run(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted], { cwd: tools })
  } catch (cause) {
    throw new Error(
      `package managers come from npm's registry, which has to be within reach: ${(cause as Error).message}`,
    )
  }
  return Promise.all(names.map((name) => managerAt(name, tools)))
}

async function managerAt(name: ManagerName, tools: string): Promise<Manager> {
  const at = (...path: string[]) => join(tools, 'node_modules', ...path)
  const alias = aliasOf(name)
  if (name === 'Yarn') return yarn(at(alias, 'bin', 'yarn.js'), join(tools, 'yarn-cache'))
  if (name === 'bun') return bun(await bunBelow(at('@oven')), join(tools, 'bun-cache'))
  const pnpm = name === 'pnpm 10'
  const line = (...words: readonly string[]): CommandLine => [
    process.execPath,
    pnpm ? pnpmIn(tools) : at(alias, 'bin', 'npm-cli.js'),
    ...words,
  ]
  return {
    name,
    command: pnpm ? 'pnpm' : 'npm',
    env: (registry) => ({ npm_config_registry: registry }),
    line,
    add: (words) => line(pnpm ? 'add' : 'install', ...words),
    node,
  }
}

const node = (file: string): CommandLine => [process.execPath, file]

/** Yarn with Plug'n'Play: a package finds what it declares, and nothing else. It has no `--ignore-scripts`, and runs none. */
function yarn(program: string, cache: string): Manager {
  const line = (...words: readonly string[]): CommandLine => [process.execPath, program, ...words]
  return {
    name: 'Yarn',
    command: 'yarn',
    env: (registry) => ({
      YARN_NPM_REGISTRY_SERVER: registry,
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
      YARN_GLOBAL_FOLDER: cache,
      YARN_ENABLE_TELEMETRY: '0',
    }),
    line,
    add: (words) => line('add', ...words.filter((word) => word !== '--ignore-scripts')),
    node: (file) => line('node', file),
  }
}

const bun = (program: string, cache: string): Manager => ({
  name: 'bun',
  command: 'bun',
  env: (registry) => ({ BUN_CONFIG_REGISTRY: registry, BUN_INSTALL_CACHE_DIR: cache }),
  line: (...words) => [program, ...words],
  add: (words) => [program, 'add', ...words],
  node,
})

/** Its program, which is in a package for each platform. */
async function bunBelow(folder: string): Promise<string> {
  for (const platform of await readdir(folder))
    for (const file of ['bun', 'bun.exe']) {
      const path = join(folder, platform, 'bin', file)
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (found) return path
    }
  throw new Error(`expected bun's program below ${folder}`)
}
