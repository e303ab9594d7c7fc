import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { type Answer, jsonPage, makeWheel, serve, sha256 } from '../testing/fake-index.ts'
import { never } from '../testing/temporary-folder.ts'
import { onnxruntimeWheels } from '../versions.ts'
import { installCuda, installedCuda } from './install-cuda.ts'
import { remove } from './installed.ts'

const has = `${process.platform}-${process.arch}` in onnxruntimeWheels

/** A program whose onnxruntime-node multiplies matrices, unless its CUDA provider says `broken`. */
async function program() {
  const folder = temporaryFolder()
  const ort = join(folder, 'node_modules/onnxruntime-node')
  const libraries = join(ort, 'bin/napi-v6', process.platform, process.arch)
  await mkdir(libraries, { recursive: true })
  await writeFile(join(libraries, 'libonnxruntime.so.1'), 'runtime')
  await writeFile(
    join(ort, 'package.json'),
    JSON.stringify({ name: 'onnxruntime-node', version: '1.2.3', main: 'index.js' }),
  )
  const source = `
    const cuda = ${JSON.stringify(join(libraries, 'libonnxruntime_providers_cuda.so'))}
    const fs = require('fs')
    exports.Tensor = class { constructor(type, data) { this.data = data } }
    exports.InferenceSession = { async create() {
      if (fs.readFileSync(cuda, 'utf8') === 'broken') process.abort()
      return { run: async () => ({ y: { data: [7, 10, 15, 22] } }), release: async () => {} }
    } }`
  await writeFile(join(ort, 'index.js'), source)
  return { cache: join(folder, 'cache'), from: [join(folder, 'main.js')], libraries }
}

async function index(cuda: string, version = '1.2.3'): Promise<string> {
  const wheel = await makeWheel({
    'onnxruntime/capi/libonnxruntime_providers_cuda.so': cuda,
    'onnxruntime/capi/libonnxruntime_providers_shared.so': 'shared',
    'onnxruntime/capi/libonnxruntime.so.1.2.3': 'not wanted',
    'onnxruntime_gpu-1.2.3.dist-info/METADATA': 'Requires-Dist: nvidia-cudnn-cu13~=9.0; extra == "cudnn"\n',
  })
  const platform = `manylinux_2_28_${process.arch === 'x64' ? 'x86_64' : 'aarch64'}`
  const filename = `onnxruntime_gpu-${version}-cp312-cp312-${platform}.whl`
  const page: Answer = jsonPage([{ filename, url: '/x.whl', sha256: sha256(wheel) }])
  return (await serve({ '/onnxruntime-gpu/': page, '/x.whl': { body: wheel } })).url
}

test.skipIf(!has)('puts the provider of the same version beside the library, and takes it away again', async () => {
  const { cache, from, libraries } = await program()
  const receipt = await installCuda({ cache, from, index: await index('provider'), signal: never })
  expect(receipt).toMatchObject({
    name: 'cuda',
    versions: { 'onnxruntime-node': '1.2.3', 'onnxruntime-gpu': '1.2.3' },
    needs: ['nvidia-cudnn-cu13~=9.0'],
    bytes: 'provider'.length + 'shared'.length,
  })
  expect(await readFile(join(libraries, 'libonnxruntime_providers_cuda.so'), 'utf8')).toBe('provider')
  expect(await installedCuda(from)).toEqual(receipt)
  expect(await remove('cuda', { cache, from })).toEqual(receipt)
  expect(await readdir(libraries)).toEqual(['libonnxruntime.so.1'])
})

test.skipIf(!has)(
  'undoes itself if ONNX Runtime no longer works: to nothing, or to what was there before',
  async () => {
    const { cache, from, libraries } = await program()
    const broken = await index('broken')
    await expect(installCuda({ cache, from, index: broken, signal: never })).rejects.toThrow('no longer works')
    expect(await readdir(libraries)).toEqual(['libonnxruntime.so.1'])

    const receipt = await installCuda({ cache, from, index: await index('provider'), signal: never })
    const before = (await readdir(libraries)).sort()
    await expect(installCuda({ cache, from, index: broken, signal: never })).rejects.toThrow('no longer works')
    expect((await readdir(libraries)).sort()).toEqual(before)
    expect(await readFile(join(libraries, 'libonnxruntime_providers_cuda.so'), 'utf8')).toBe('provider')
    expect(await installedCuda(from)).toEqual(receipt)
  },
)

test.skipIf(!has)('says so if there is no provider of that version, or no onnxruntime-node', async () => {
  const { cache, from } = await program()
  const other = await index('provider', '1.2.4')
  await expect(installCuda({ cache, from, index: other, signal: never })).rejects.toThrow(
    'no wheel of onnxruntime-gpu 1.2.3',
  )
  await expect(installCuda({ cache, from: [], index: other, signal: never })).rejects.toThrow('npm i onnxruntime-node')
})
