import { copyFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** What ONNX Runtime loads from the folder of its script. */
const wasmFiles = ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.asyncify.wasm']

/** A program that was bundled for browsers. */
export interface BrowserBundle {
  /** Bytes of the scripts that load first, minified: as they are, and compressed by gzip. */
  readonly bytes: number
  readonly gzipBytes: number
}

/**
 * Bundles a program for browsers, from the sources of packages, as esbuild does by default: with the condition `browser`, and without
 * modules of Node.js.
 * @param program its source.
 * @param from the folder that its imports are resolved from.
 * @param out the folder for `page.js`, what it loads later, and a page that runs it. Without one nothing is written.
 * @throws with all imports that a browser does not have.
 */
export async function bundleForBrowser(program: string, from: string, out?: string): Promise<BrowserBundle> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: from, loader: 'ts', sourcefile: 'page.ts' },
    outdir: out ?? join(from, 'unwritten'),
    entryNames: 'page',
    write: false,
    bundle: true,
    format: 'esm',
    splitting: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    conditions: ['@cascade-diffusion/source'],
    logLevel: 'silent',
  })
  if (out !== undefined) {
    for (const { path, contents } of outputFiles) writeFileSync(join(out, basename(path)), contents)
    writeFileSync(join(out, 'index.html'), '<!doctype html><script type="module" src="page.js"></script>')
    const { resolve } = createRequire(new URL('../../../jit/package.json', import.meta.url))
    for (const name of wasmFiles) copyFileSync(resolve(`onnxruntime-web/${name}`), join(out, name))
  }
  const scripts = firstScripts(new Map(outputFiles.map(({ path, text }) => [basename(path), text])))
  const sum = (sizeOf: (text: string) => number) => scripts.reduce((all, text) => all + sizeOf(text), 0)
  return { bytes: sum((text) => Buffer.byteLength(text)), gzipBytes: sum((text) => gzipSync(text).length) }
}

/** The entry, and what it imports statically. */
function firstScripts(files: ReadonlyMap<string, string>): string[] {
  const seen = new Set<string>()
  const visit = (name: string): void => {
    const text = files.get(name)
    if (text === undefined || seen.has(name)) return
    seen.add(name)
    for (const [, imported] of text.matchAll(/(?:from|import)"\.\/([\w.-]+\.js)"/g)) visit(imported!)
  }
  visit('page.js')
  return [...seen].map((name) => files.get(name)!)
}
