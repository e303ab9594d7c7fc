// The package managers that the READMEs' install lines are tried on.
import { access, constants, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { scope } from './registry.ts'
import { type CommandLine, run } from './run.ts'

/** A package manager that is at hand. */
export interface Manager {
  readonly name: ManagerName
  /** Writes what it reads from a project's folder: where our packages are found. */
  configure(folder: string, registry: string): Promise<void>
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
  const node = (file: string): CommandLine => [process.execPath, file]
  const alias = aliasOf(name)
  if (name === 'Yarn') return yarn(at(alias, 'bin', 'yarn.js'), join(tools, 'yarn-cache'))
  if (name === 'bun') return bun(await bunBelow(at('@oven')), join(tools, 'bun-cache'), node)
  const pnpm = name.startsWith('pnpm')
  const program = pnpm ? pnpmIn(tools) : at(alias, 'bin', 'npm-cli.js')
  return {
    name,
    node,
    configure: (folder, registry) => writeFile(join(folder, '.npmrc'), `${scope}:registry=${registry}\n`),
    add: (words) => [process.execPath, program, pnpm ? 'add' : 'install', ...words],
  }
}

/** Yarn with Plug'n'Play: a package finds what it declares, and nothing else. It has no `--ignore-scripts`, and runs none. */
const yarn = (program: string, cache: string): Manager => ({
  name: 'Yarn',
  async configure(folder, registry) {
    const lines = [
      ...['nodeLinker: pnp', 'enableTelemetry: false', `globalFolder: ${JSON.stringify(cache)}`],
      ...['unsafeHttpWhitelist:', '  - 127.0.0.1'],
      ...['npmScopes:', `  ${scope.slice(1)}:`, `    npmRegistryServer: ${JSON.stringify(registry)}`, ''],
    ]
    await writeFile(join(folder, '.yarnrc.yml'), lines.join('\n'))
    // Its own, so that it looks for no project further up.
    await writeFile(join(folder, 'yarn.lock'), '')
  },
  add: (words) => [process.execPath, program, 'add', ...words.filter((word) => word !== '--ignore-scripts')],
  node: (file) => [process.execPath, program, 'node', file],
})

const bun = (program: string, cache: string, node: Manager['node']): Manager => ({
  name: 'bun',
  node,
  configure: (folder, registry) =>
    writeFile(
      join(folder, 'bunfig.toml'),
      [
        ...['[install.scopes]', `${JSON.stringify(scope)} = ${JSON.stringify(registry)}`],
        ...['[install.cache]', `dir = ${JSON.stringify(cache)}`, ''],
      ].join('\n'),
    ),
  add: (words) => [program, 'add', ...words],
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
