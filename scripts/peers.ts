import { type Manifest, scope } from './layers.ts'

/**
 * What is not handed on: a package that brings another one along has to have the peers of that one as dependencies or
 * its own peers. npm and pnpm find them anyway; Yarn's Plug'n'Play gives a package only what it declares.
 */
export function peerErrors(manifests: readonly Manifest[]): string[] {
  const named = new Map(manifests.map((manifest) => [manifest.name, manifest]))
  return manifests.flatMap((manifest) => {
    const given = { ...manifest.dependencies, ...peersOf(manifest) }
    return Object.keys(manifest.dependencies ?? {})
      .filter((name) => name.startsWith(scope))
      .flatMap((name) => Object.keys(peersOf(named.get(name))).map((peer) => ({ name, peer })))
      .filter(({ peer }) => !(peer in given))
      .map(({ name, peer }) => `${manifest.name} brings ${name} along, whose peer ${peer} it does not declare`)
  })
}

/** A name that is only in `peerDependenciesMeta` is a peer of any version. */
const peersOf = (manifest: Manifest | undefined): Record<string, unknown> => ({
  ...manifest?.peerDependenciesMeta,
  ...manifest?.peerDependencies,
})
