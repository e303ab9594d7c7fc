// A package registry on this machine: it has the packed packages of this workspace, and says where all others are.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
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

/** Serves the tarballs of a folder, as npm's registry would after their publication, and sends on to it for others. */
export async function serveRegistry(folder: string): Promise<Registry> {
  const packed = new Map<string, Packed>()
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.tgz'))) {
    const bytes = await readFile(join(folder, file))
    const { stdout } = await execute('tar', ['-xzOf', join(folder, file), 'package/package.json'])
    const manifest = JSON.parse(stdout)
    packed.set(manifest.name, { manifest, bytes })
  }
  const { stdout: usual } = await execute('npm', ['config', 'get', 'registry'])
  const server = createServer(({ url = '' }, response) => {
    const [, name, tarball] = /^\/((?:@[^/]+\/)?[^/]+)(\/-\/.*\.tgz)?$/.exec(decodeURIComponent(url)) ?? []
    const found = packed.get(name ?? '')
    if (!found) return response.writeHead(302, { location: usual.trim().replace(/\/$/, '') + url }).end()
    if (tarball) return response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(found.bytes)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document(found, address())))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { url: address(), close: () => server.close() }
}

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
