import { readFile } from 'node:fs/promises'
import asc from 'assemblyscript/asc'

const lineLength = 110

/** The module src/resize/wasm/kernel.ts: resize.ts, compiled. @throws what the compiler says. */
export async function compiledKernel(): Promise<string> {
  const source = await readFile(new URL('resize.ts', import.meta.url), 'utf8')
  let binary = new Uint8Array()
  const { error, stderr } = await asc.main(
    [
      'resize.ts',
      '--outFile',
      'resize.wasm',
      '--runtime',
      'stub',
      '--enable',
      'simd',
      '-O3',
      '--converge',
      '--noAssert',
    ],
    {
      readFile: (name) => (name === 'resize.ts' ? source : null),
      writeFile(_, contents) {
        binary = contents as Uint8Array<ArrayBuffer>
      },
      listFiles: () => [],
    },
  )
  if (error) throw new Error(stderr.toString(), { cause: error })
  const text = Buffer.from(binary).toString('base64')
  const lines = Array.from({ length: Math.ceil(text.length / lineLength) }, (_, i) =>
    text.slice(i * lineLength, (i + 1) * lineLength),
  )
  return [
    '/** packages/data/assembly/resize.ts, compiled by assembly/compile.ts: a WebAssembly module in base64. */',
    'export const kernel = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('')",
    '',
  ].join('\n')
}
