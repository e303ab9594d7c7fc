import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test, vi } from 'vitest'
import { probeBackend } from '../probe.ts'
import { jsonPage, makeWheel, resumable, serve, sha256 } from '../testing/fake-index.ts'
import { fakeNodeGyp, fakeTfjsNode, npmPackage } from '../testing/fake-registry.ts'
import { never } from '../testing/temporary-folder.ts'
import { tensorflowWheels, versions } from '../versions.ts'
import { installTensorFlow } from './install-tensorflow.ts'
import { installed, remove } from './installed.ts'

const kind = tensorflowWheels.node[`${process.platform}-${process.arch}`]

interface Fakes {
  wrongChecksum?: boolean
  breakAt?: number
  wrongResults?: boolean
  compilerFails?: boolean
}

/** An index and a registry on this machine, with a wheel and packages of a few bytes. */
async function fakes({ wrongChecksum = false, breakAt, wrongResults = false, compilerFails = false }: Fakes = {}) {
  const cache = temporaryFolder()
  const wheel = await makeWheel({
    'tensorflow/libtensorflow_cc.so.2': 'library'.repeat(1000),
    'tensorflow/libtensorflow_framework.so.2': 'framework',
    'tensorflow/include/tensorflow/c/c_api.h': 'int version;',
    'tensorflow/python/large.py': 'not wanted',
  })
  const { project } = kind as { project: string }
  const platform = `manylinux_2_27_${process.arch === 'x64' ? 'x86_64' : 'aarch64'}`
  const filename = `${project.replaceAll('-', '_')}-${versions.tensorflow}-cp312-cp312-${platform}.whl`
  let url = ''
  const server = await serve({
    [`/simple/${project}/`]: jsonPage([
      { filename, url: '/x.whl', sha256: wrongChecksum ? 'a'.repeat(64) : sha256(wheel) },
    ]),
    '/x.whl': resumable(wheel, breakAt),
    ...(await npmPackage(cache, () => url, '@tensorflow/tfjs-node', versions.tfjs, {
      'index.js': fakeTfjsNode(wrongResults),
    })),
    ...(await npmPackage(cache, () => url, 'node-gyp', versions.nodeGyp, {
      'bin/node-gyp.js': fakeNodeGyp(compilerFails),
    })),
  })
  url = server.url
  vi.stubEnv('npm_config_registry', url)
  vi.stubEnv('npm_config_cache', join(cache, 'npm'))
  return { cache, index: `${url}/simple`, requests: server.requests }
}

const nothing = async (cache: string) => {
  expect(await readdir(join(cache, 'backends')).catch(() => [])).toEqual([])
  expect(await installed({ cache })).toEqual([])
}

// What it needs of the machine is python3, make and a compiler, which it checks, and a machine that has wheels.
test.skipIf(!kind)(
  'an interrupted download resumes; is found, computes with the program’s tfjs-core, is removed',
  async () => {
    const { cache, index, requests } = await fakes({ breakAt: 500 })
    const stop = new AbortController()
    const progress = () => stop.abort(new Error('interrupted'))
    await expect(installTensorFlow('node', { cache, index, signal: stop.signal, progress })).rejects.toThrow(
      'interrupted',
    )
    await nothing(cache)
    expect(await readdir(join(cache, 'downloads'))).toEqual([
      expect.stringMatching(/\.whl\.part$/),
      expect.stringMatching(/\.whl\.part\.json$/),
    ])

    const lines: string[] = []
    const receipt = await installTensorFlow('node', { cache, index, signal: never, log: (line) => lines.push(line) })
    expect(receipt).toMatchObject({
      name: 'node',
      versions: { 'tfjs-node': versions.tfjs },
      folder: join(cache, 'backends/node'),
    })
    expect(receipt.bytes).toBeGreaterThan(7000)
    expect(await installed({ cache, from: [] })).toEqual([receipt])
    expect(await readdir(join(cache, 'backends'))).toEqual(['node'])
    expect(await readdir(join(cache, 'downloads'))).toEqual([])
    expect(existsSync(join(receipt.folder, 'node_modules/@tensorflow/tfjs-node/deps/include'))).toBe(false)
    expect(lines.join()).toContain('downloading')
    expect(requests.filter((path) => path.startsWith('/x.whl'))).toEqual(['/x.whl', '/x.whl bytes=500-'])

    const probe = await probeBackend('node', { env: { ...process.env, CASCADE_DIFFUSION_CACHE: cache } })
    expect(probe).toMatchObject({ ok: true, value: { name: 'node', version: versions.tfjs, gpu: false } })

    expect(await remove('node', { cache, from: [] })).toEqual(receipt)
    expect(await remove('node', { cache, from: [] })).toBeUndefined()
    await nothing(cache)
  },
)

test.skipIf(!kind).each<[string, Fakes, string]>([
  ['a checksum is wrong', { wrongChecksum: true }, 'expected SHA-256'],
  ['it does not compile', { compilerFails: true }, 'error: no such thing'],
  ['it computes wrongly', { wrongResults: true }, 'computes wrongly'],
])('leaves nothing behind if %s', async (_, faults, message) => {
  const { cache, index } = await fakes(faults)
  await expect(installTensorFlow('node', { cache, index, signal: never })).rejects.toThrow(message)
  await nothing(cache)
})
