import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The order of the packages, as CONTRIBUTING.md draws it: a package may depend on those of lower lines only. */
export const layers: readonly (readonly string[])[] = [
  ['cascade-diffusion'],
  ['cli'],
  ['export', 'experiment'],
  ['pretrained', 'presets'],
  ['cascade'],
  ['training', 'metrics', 'conditioning-augmentation'],
  ['losses', 'unet'],
  ['diffusion'],
  ['schedules', 'datasets'],
  ['backends', 'data'],
  ['checkpoints', 'jit', 'reports'],
  ['ops'],
  ['random'],
  ['arrays', 'downloads'],
  ['files', 'create-cascade-diffusion'],
  ['checks', 'testing'],
]

/** How the names of all packages here begin. */
export const scope = '@cascade-diffusion/'

/** The fields of package.json that matter here. */
export interface Manifest {
  name: string
  private?: boolean
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, object>
}

/** The manifests of all packages in `root`/packages. */
export const readManifests = (root: string): Manifest[] =>
  readdirSync(join(root, 'packages')).map((name) =>
    JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')),
  )

/** What breaks the order: dependencies that do not point down, those for tests included, and packages without a layer. */
export function layeringErrors(manifests: readonly Manifest[], order = layers): string[] {
  const shortOf = (name: string) => (name.startsWith(scope) ? name.slice(scope.length) : name)
  const known = order.flat()
  const layerOf = (name: string) => order.findIndex((layer) => layer.includes(shortOf(name)))
  return manifests.flatMap((manifest) => {
    const from = layerOf(manifest.name)
    if (from < 0) return [`${manifest.name} is in no layer: add it to scripts/layers.ts and CONTRIBUTING.md`]
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest
    const all = { ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies }
    return Object.keys(all)
      .filter((name) => (name.startsWith(scope) || known.includes(name)) && layerOf(name) <= from)
      .map((name) => `${manifest.name} must not depend on ${name}: dependencies point down only`)
  })
}
