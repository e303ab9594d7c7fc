import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readManifests, scope } from '../layers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Packages that programs of the pages import, and a package here that has them. */
const others = {
  '@tensorflow/tfjs-core': 'jit',
  '@tensorflow/tfjs-backend-cpu': 'jit',
  'onnxruntime-node': 'jit',
}

/** A new folder, outside of the workspace, from which the sources of all packages and what they need are found. */
export function folderWithPackages(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'))
  const link = (name: string, path: string) => {
    const place = join(folder, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(path, place, 'junction')
  }
  for (const { name } of readManifests(root)) link(name, join(root, 'packages', name.replace(scope, '')))
  for (const [name, owner] of Object.entries(others)) link(name, join(root, 'packages', owner, 'node_modules', name))
  link('@types/node', join(root, 'node_modules/@types/node'))
  return folder
}
