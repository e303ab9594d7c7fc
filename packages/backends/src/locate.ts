import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BackendName, backendPackages, isNative } from './backend-name.ts'
import { backendFolder } from './folders.ts'

/** A package of a backend on this machine. */
export interface FoundPackage {
  readonly name: string
  readonly version: string
  /** Its folder. */
  readonly folder: string
  /** Whether `cascade-diffusion backends install` made it, in the cache folder. */
  readonly ours: boolean
  /** Whether it is complete; the add-on of a native backend may be missing. */
  readonly complete: boolean
}

/** The folders from which to look for the program's packages: the working directory, its main script, this package. */
const origins = (): string[] =>
  [join(process.cwd(), 'here.js'), process.argv[1], import.meta.url].filter((x) => x !== undefined)

/** The folder of a package that the program can import. */
export function findPackage(npm: string, from: readonly string[] = origins()): string | undefined {
  for (const origin of from) {
    const require = createRequire(origin.startsWith('file:') ? origin : pathToFileURL(origin))
    const folders = require.resolve.paths(npm) ?? []
    const found = folders.map((folder) => join(folder, npm)).find((path) => existsSync(join(path, 'package.json')))
    if (found) return found
    // Yarn's Plug'n'Play has no such folders, only this.
    if (process.versions.pnp) {
      try {
        return dirname(require.resolve(`${npm}/package.json`))
      } catch {}
    }
  }
  return undefined
}

/** The version in the package.json of a folder. */
export const versionIn = (folder: string): string =>
  (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version

/**
 * The packages of a backend on this machine, best first: the program's own, then the one that we installed. Packages
 * without their native add-on come last.
 */
export function locate(name: BackendName, cache: string, from?: readonly string[]): FoundPackage[] {
  const { npm } = backendPackages[name]
  const own = findPackage(npm, from)
  const installed = join(backendFolder(cache, name), 'node_modules', npm)
  const found = [
    ...(own ? [{ folder: own, ours: false }] : []),
    ...(existsSync(join(installed, 'package.json')) ? [{ folder: installed, ours: true }] : []),
  ].map(({ folder, ours }) => {
    const complete = !isNative(name) || hasAddon(folder)
    return { name: npm, version: versionIn(folder), folder, ours, complete }
  })
  return [...found.filter((x) => x.complete), ...found.filter((x) => !x.complete)]
}

/** Whether tfjs-node has its add-on, `lib/napi-v8/tfjs_binding.node`. */
function hasAddon(folder: string): boolean {
  const lib = join(folder, 'lib')
  if (!existsSync(lib)) return false
  return readdirSync(lib).some((napi) => existsSync(join(lib, napi, 'tfjs_binding.node')))
}

/** The tfjs-core that a package of tfjs would load, as the path of its main file. */
export function coreSeenFrom(folder: string): string {
  const require = createRequire(join(folder, 'package.json'))
  // Native packages load it through the union package.
  const union = tryResolve(require, '@tensorflow/tfjs')
  return (union ? createRequire(union) : require).resolve('@tensorflow/tfjs-core')
}

function tryResolve(require: NodeJS.Require, request: string): string | undefined {
  try {
    return require.resolve(request)
  } catch {
    return undefined
  }
}

/** The folder of the package that contains a file, the one with its package.json. */
export function folderOf(file: string): string {
  let folder = dirname(file)
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder)
  return folder
}
