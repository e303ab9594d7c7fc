// Bundles the page into a folder that any web server can serve, with the cascade beside it.
import { copyFile, cp, mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const { resolve } = createRequire(import.meta.url)

/** ONNX Runtime loads these from the folder of its script. */
const wasmFiles = ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.asyncify.wasm']

/** @param cascade the folder of a saved cascade. */
export async function build(folder: string, cascade: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await bundle({
    entryPoints: [join(here, 'main.ts')],
    outdir: folder,
    bundle: true,
    format: 'esm',
    splitting: true,
    minify: true,
    target: 'es2022',
    conditions: ['@cascade-diffusion/source'], // in this repository, packages are bundled from their sources
    logLevel: 'error',
  })
  await cp(cascade, join(folder, 'cascade'), { recursive: true })
  await copyFile(join(here, 'index.html'), join(folder, 'index.html'))
  for (const name of wasmFiles) await copyFile(resolve(`onnxruntime-web/${name}`), join(folder, name))
}
