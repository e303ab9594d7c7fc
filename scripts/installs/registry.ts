// A package registry on this machine: it has the packed packages of this workspace, and passes on what npm's says of all others.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

interface Packed {
  readonly manifest: { readonly name: string; readonly version: string }
  readonly bytes: Buffer
}

/** A registry that runs. */
export interface Registry {
  /** Ends in a slash. */
  readonly url: string
  close(): void
}

/** Serves the tarballs of a folder, as npm's registry would after their publication, and passes on what that says of others. */
export async function serveRegistry(folder: string): Promise<Registry> {
  const packed = new Map<string, Packed>()
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.tgz'))) {
    const bytes = await readFile(join(folder, file))
    const { stdout } = await execute('tar', ['-xzOf', join(folder, file), 'package/package.json'])
    const manifest = JSON.parse(stdout)
    packed.set(manifest.name, { manifest, bytes })
  }
  const { stdout } = await execute('npm', ['config', 'get', 'registry'])
  const usual = stdout.trim().replace(/\/?$/, '/')
  const server = createServer(async ({ url = '/', headers }, response) => {
    const [, name, tarball] = /^\/((?:@[^/]+\/)?[^/]+)(\/-\/.*\.tgz)?$/.exec(decodeURIComponent(url)) ?? []
    const found = packed.get(name ?? '')
    if (found && tarball)
      return response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(found.bytes)
    if (found) return json(response, 200, JSON.stringify(document(found, address())))
    if (tarball) return response.writeHead(302, { location: usual + url.slice(1) }).end()
    // Yarn names folders of packages by where they come from, and sharp looks for its library by such a name: all have
    // to come from the one registry.
    const answer = await fetch(usual + url.slice(1), { headers: { accept: headers.accept ?? '*/*' } }).catch(
      () => undefined,
    )
    json(response, answer?.status ?? 502, (await answer?.text())?.replaceAll(usual, address()) ?? '{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { url: address(), close: () => server.close() }
}

const json = (response: ServerResponse, status: number, text: string): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(text)

/** What a registry says of a package. The tarball's address has its hash, so that no cache confuses two of one version. */
function document({ manifest, bytes }: Packed, address: string) {
  const digest = (algorithm: string, encoding: 'hex' | 'base64') => createHash(algorithm).update(bytes).digest(encoding)
  const shasum = digest('sha1', 'hex')
  const dist = {
    tarball: `${address}${manifest.name}/-/${shasum}.tgz`,
    shasum,
    integrity: `sha512-${digest('sha512', 'base64')}`,
  }
  const { name, version } = manifest
  // Long ago: some managers wait for days before they take a new version.
  const time = { [version]: '2020-01-01T00:00:00.000Z' }
  return { name, time, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }
}
