import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * Bundles a script of this folder with the sources of our packages to a module at `outfile`. Packages from npm are
 * loaded from their folders.
 */
export async function bundle(script: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL(script, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@cascade-diffusion/source'],
    logLevel: 'warning',
    plugins: [
      {
        name: 'npm',
        setup({ onResolve }) {
          onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
            if (kind === 'entry-point' || path.startsWith('@cascade-diffusion/') || path.startsWith('node:'))
              return null
            return { path: located(path, importer), external: true }
          })
        },
      },
    ],
  })
}

/** The path of the module of a package, or its name if it is not installed. */
function located(name: string, importer: string): string {
  try {
    return createRequire(importer).resolve(name)
  } catch {
    return name
  }
}
