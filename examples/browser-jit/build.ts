// Bundles the page into a folder that any web server can serve, if it sends the headers that serve.ts sends.
import { copyFile, mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const { resolve } = createRequire(import.meta.url)

/** ONNX Runtime loads these from the folder of its script. */
const wasmFiles = ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.asyncify.wasm']

/** Bundles scripts of this folder, and copies the files that they load. */
export async function build(folder: string, scripts: readonly string[] = ['main.ts', 'worker.ts']): Promise<void> {
  await mkdir(folder, { recursive: true })
  await bundle({
    entryPoints: scripts.map((name) => join(here, name)),
    outdir: folder,
    bundle: true,
    format: 'esm',
    // ONNX Runtime has its own files, which the chosen engine and its threads load.
    splitting: true,
    minify: true,
    target: 'es2022',
    conditions: ['@cascade-diffusion/source'], // in this repository, packages are bundled from their sources
    logLevel: 'error',
  })
  const copies = [
    ...['index.html', 'style.css'].map((name) => [join(here, name), name] as const),
    ...wasmFiles.map((name) => [resolve(`onnxruntime-web/${name}`), name] as const),
  ]
  await Promise.all(copies.map(([from, name]) => copyFile(from, join(folder, name))))
}
