import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Answer } from './fake-index.ts'

const run = promisify(execFile)

/** The answer of an npm registry for a package of one version with these files. */
export async function npmPackage(
  folder: string,
  url: () => string,
  name: string,
  version: string,
  files: Readonly<Record<string, string>>,
): Promise<Record<string, Answer>> {
  const home = join(folder, name.replace('/', '+'))
  const manifest = { name, version, main: 'index.js' }
  for (const [file, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
    await mkdir(dirname(join(home, 'package', file)), { recursive: true })
    await writeFile(join(home, 'package', file), text)
  }
  await run('tar', ['czf', join(home, 'package.tgz'), '-C', home, 'package'])
  return {
    [`/${name}`]: (_, response) => {
      const dist = { tarball: `${url()}/${name}.tgz` }
      const body = { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    },
    [`/${name}.tgz`]: { body: await readFile(join(home, 'package.tgz')) },
  }
}

const cpu = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-cpu')

/**
 * A tfjs-node that computes with tfjs's plain JavaScript, and loads only with its add-on. With `wrong` its results are
 * wrong.
 */
export const fakeTfjsNode = (wrong = false): string => `
const tf = require('@tensorflow/tfjs')
const core = require('@tensorflow/tfjs-core')
if (tf.Tensor !== core.Tensor) throw new Error('two copies of tfjs-core')
if (!require('fs').existsSync(__dirname + '/lib/napi-v8/tfjs_binding.node')) throw new Error('no add-on')
const { MathBackendCPU } = require(${JSON.stringify(cpu)})
class Backend extends MathBackendCPU {
  binding = {}
  isGPUPackage = require('./package.json').name.endsWith('gpu')
  isUsingGpuDevice = false
  executeSingleOutput(op, attrs, [x, filter]) {
    const { padding, strides } = Object.fromEntries(attrs.map(({ name, value }) => [name, value]))
    return tf.getKernel(op, 'cpu').kernelFunc({
      inputs: { x, filter },
      backend: this,
      attrs: { strides: strides.slice(1, 3), pad: padding.toLowerCase(), dilations: [1, 1], dataFormat: 'NHWC' },
    })
  }
}
tf.registerBackend('tensorflow', () => new Backend(), 3)
tf.copyRegisteredKernels('cpu', 'tensorflow')
${wrong ? "tf.unregisterKernel('Sum', 'tensorflow'); tf.registerKernel({ ...tf.getKernel('Max', 'cpu'), kernelName: 'Sum', backendName: 'tensorflow', kernelFunc: ({ inputs, backend }) => backend.makeTensorInfo([], 'float32', new Float32Array([1])) })" : ''}
`

/** A node-gyp that writes the file that the real one would compile, or with `fails` prints an error of a compiler. */
export const fakeNodeGyp = (fails = false): string => `
const { existsSync, mkdirSync, writeFileSync } = require('fs')
for (const file of ['include/tensorflow/c/c_api.h', 'lib/libtensorflow.so', 'lib/libtensorflow_framework.so'])
  if (!existsSync('deps/' + file)) throw new Error(file + ' is missing')
if (${fails}) { console.error('binding.cc:1: error: no such thing'); process.exit(1) }
const folder = process.argv.find((x) => x.startsWith('-Dmodule_path=')).slice(14)
mkdirSync(folder, { recursive: true })
writeFileSync(folder + '/tfjs_binding.node', '')
`
