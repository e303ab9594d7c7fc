// The package managers that the READMEs' install lines are tried on.
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'

/** A package manager that is at hand. */
export interface Manager {
  readonly name: string
  /** Writes what the manager reads from a project's folder: where our packages are found. */
  configure(folder: string, scope: string, registry: string): Promise<void>
  /** The command that installs what `npm i ARGUMENTS` does. */
  add(arguments_: readonly string[]): readonly [string, ...string[]]
  /** The command that runs a JavaScript file. */
  node(file: string): readonly [string, ...string[]]
}

/** What the tools are in the registry, by their names here; what the READMEs promise is promised for these. */
const versions = {
  'npm-10': 'npm:npm@10',
  'npm-11': 'npm:npm@11',
  'npm-12': 'npm:npm@12',
  'pnpm-10': 'npm:pnpm@10',
  yarn: 'npm:@yarnpkg/cli-dist@4',
  bun: 'npm:bun@1',
}

export type ManagerName = keyof typeof versions

export const managerNames = Object.keys(versions) as ManagerName[]

/**
 * Takes package managers from the registry.
 * @param tools a folder for them and for their caches.
 */
export async function managersIn(tools: string, names: readonly ManagerName[]): Promise<Manager[]> {
  await mkdir(tools, { recursive: true })
  await writeFile(join(tools, 'package.json'), '{"private":true}')
  const wanted = names.map((name) => `${name}@${versions[name]}`)
  await run(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted], { cwd: tools })
  return Promise.all(names.map((name) => managerAt(name, tools)))
}

async function managerAt(name: ManagerName, tools: string): Promise<Manager> {
  const at = (...path: string[]) => join(tools, 'node_modules', ...path)
  const script = (...path: string[]) => [process.execPath, at(name, ...path)] as const
  if (name === 'yarn') return yarn(script('bin', 'yarn.js'), join(tools, 'yarn'))
  if (name === 'bun') {
    const [platform] = await readdir(at('@oven'))
    return bun(
      [at('@oven', platform ?? '', 'bin', process.platform === 'win32' ? 'bun.exe' : 'bun')],
      join(tools, 'bun'),
    )
  }
  const command = name.startsWith('pnpm') ? script('bin', 'pnpm.cjs') : script('bin', 'npm-cli.js')
  return npm(name, command)
}

/** npm, and pnpm, whose `pnpm add` takes the same arguments. */
const npm = (name: string, command: readonly [string, string]): Manager => ({
  name,
  configure: (folder, scope, registry) => writeFile(join(folder, '.npmrc'), `${scope}:registry=${registry}\n`),
  add: (what) => [...command, name.startsWith('pnpm') ? 'add' : 'install', ...what],
  node: (file) => [process.execPath, file],
})

/** Yarn with Plug'n'Play, which knows only what is declared. */
const yarn = (command: readonly [string, string], cache: string): Manager => ({
  name: 'yarn',
  configure: (folder, scope, registry) =>
    writeFile(
      join(folder, '.yarnrc.yml'),
      [
        ...['nodeLinker: pnp', 'enableTelemetry: false', `globalFolder: ${JSON.stringify(cache)}`],
        ...['unsafeHttpWhitelist:', '  - 127.0.0.1'],
        ...['npmScopes:', `  ${scope.slice(1)}:`, `    npmRegistryServer: ${JSON.stringify(registry)}`, ''],
      ].join('\n'),
    ).then(() => writeFile(join(folder, 'yarn.lock'), '')),
  add: (what) => [...command, 'add', ...withoutFlags(what)],
  node: (file) => [...command, 'node', file],
})

const bun = (command: readonly [string], cache: string): Manager => ({
  name: 'bun',
  configure: (folder, scope, registry) =>
    writeFile(
      join(folder, 'bunfig.toml'),
      [
        ...['[install.scopes]', `${JSON.stringify(scope)} = ${JSON.stringify(registry)}`],
        ...['[install.cache]', `dir = ${JSON.stringify(cache)}`, ''],
      ].join('\n'),
    ),
  add: (what) => [...command, 'add', ...withoutFlags(what)],
  node: (file) => [process.execPath, file],
})

/** Yarn and bun run no scripts of packages that they were not told to trust, and need no flag. */
const withoutFlags = (what: readonly string[]) => what.filter((argument) => !argument.startsWith('--'))
