import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readNpz } from './numpy/npy.ts'
import { openCheckpoint, readCheckpoint } from './open-checkpoint.ts'
import { readPyTorch } from './pytorch/pytorch.ts'
import { writeSafetensorsShards } from './safetensors/safetensors-shards.ts'
import { fixture, fixturePath } from './test-support.ts'

test.each(['nested.pt', 'nested-legacy.pt'])(
  '%s: shapes before anything is read, then the tensors one by one',
  async (name) => {
    const expected = await readPyTorch(fixture(name))
    const file = await openCheckpoint(fixturePath(name))
    expect(file.format).toBe('pytorch')
    expect([...file.names].sort()).toEqual(Object.keys(expected).sort())
    for (const [key, { dtype, shape }] of Object.entries(expected)) {
      expect([file.dtype(key), file.shape(key)]).toEqual([dtype, shape])
      expect(await file.read(key)).toEqual(expected[key])
    }
    await expect(file.read('none')).rejects.toThrow("expected a tensor 'none', there is none")
    await file.close()
  },
)

test('safetensors, their shards, and npz', async () => {
  const file = await openCheckpoint(fixture('tensors.safetensors'))
  expect(file.format).toBe('safetensors')
  expect(file.names.length).toBeGreaterThan(3)
  await file.close()

  const folder = temporaryFolder()
  const tensors = { a: float32([1, 2]), b: float32([3, 4, 5]), c: float32([6]) }
  await writeSafetensorsShards(folder, tensors, { maxShardBytes: 12 })
  expect(await readCheckpoint(join(folder, 'model.safetensors.index.json'))).toEqual(tensors)
  expect(await readCheckpoint(join(folder, 'model.safetensors.index.json'), (name) => name === 'b')).toEqual({
    b: tensors.b,
  })

  const arrays = await readNpz(fixture('arrays.npz'))
  const npz = await openCheckpoint(fixture('arrays.npz'))
  expect([npz.format, [...npz.names].sort()]).toEqual(['npz', Object.keys(arrays).sort()])
  expect([...(await npz.read('float32')).data]).toEqual([...(arrays.float32!.data as Float32Array)])
})

test.each([
  ['state-dict.pt', 'a.safetensors'],
  ['nested-legacy.pt', 'a.npz'],
  ['tensors.safetensors', 'a.pt'],
  ['keras2.h5', 'a.index.json'],
  ['keras3.keras', 'model.json'],
])('%s is recognised by content under the name %s', async (name, otherName) => {
  const path = join(temporaryFolder(), otherName)
  writeFileSync(path, fixture(name))
  const [file, known] = [await openCheckpoint(path), await openCheckpoint(fixturePath(name))]
  expect([file.format, file.names]).toEqual([known.format, known.names])
  expect(await file.read(file.names[0]!)).toEqual(await known.read(file.names[0]!))
  await file.close()
  await known.close()
})

const model = {
  modelTopology: { class_name: 'Sequential', config: { layers: [{ config: { units: 2 } }] } },
  weightsManifest: [
    {
      paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'],
      weights: [
        { name: 'dense/kernel', shape: [2, 2], dtype: 'float32' },
        { name: 'dense/bias', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
        { name: 'steps', shape: [], dtype: 'int32', quantization: { dtype: 'uint16', scale: 2, min: 3 } },
        { name: 'half', shape: [1], dtype: 'float32', quantization: { dtype: 'float16' } },
      ],
    },
  ],
}

function writeModel(json: unknown, bytes: Uint8Array): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json))
  writeFileSync(join(folder, 'group1-shard1of2.bin'), bytes.subarray(0, 7))
  writeFileSync(join(folder, 'group1-shard2of2.bin'), bytes.subarray(7))
  return join(folder, 'model.json')
}

const kernel = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)
const weights = Uint8Array.of(...kernel, 0, 255, 10, 1, 0x00, 0x3e)

test('weights of TensorFlow.js, cut between files, quantised ones too', async () => {
  const path = writeModel(model, weights)
  expect(await readCheckpoint(path)).toEqual({
    'dense/kernel': float32([1, 2, 3, 4], [2, 2]),
    'dense/bias': float32([-1, 126.5]),
    steps: int32([535], []),
    half: float32([1.5]),
  })
  const file = await openCheckpoint(path)
  expect([file.format, file.shape('dense/kernel'), file.dtype('steps')]).toEqual(['tfjs', [2, 2], 'int32'])
  await file.close()
})

test('a quantised integer beyond int32 is refused when it is read', async () => {
  const path = writeModel(
    {
      weightsManifest: [
        {
          ...model.weightsManifest[0],
          weights: [{ name: 'a', shape: [22], dtype: 'int32', quantization: { dtype: 'uint8', scale: 1e7, min: 0 } }],
        },
      ],
    },
    Uint8Array.from({ length: 22 }, (_, i) => 204 + i),
  )
  const file = await openCheckpoint(path)
  await expect(file.read('a')).rejects.toThrow("tensor 'a': expected values within the int32 range, got 2150000000")
  await file.close()
})

const changed = (change: object) => ({
  weightsManifest: [
    { ...model.weightsManifest[0], weights: [{ name: 'a', shape: [11], dtype: 'float32', ...change }] },
  ],
})

test.each([
  ['model.json: expected 44 bytes', changed({})],
  ["weight 'a': expected a dtype, got 3", changed({ dtype: 3 })],
  ["weight 'a': expected a shape, got [-1]", changed({ shape: [-1] })],
  ["weight 'a': quantization: expected a JSON object, got 4", changed({ quantization: 4 })],
  ["expected a plain name of a file beside it, got '../b'", { weightsManifest: [{ paths: ['../b'], weights: [] }] }],
  [
    "expected each file once, got 'group1-shard1of2.bin' twice",
    { weightsManifest: [{ paths: ['group1-shard1of2.bin', 'group1-shard1of2.bin'], weights: [] }] },
  ],
  ['weightsManifest: expected a list', { weightsManifest: 1 }],
])('a model.json is refused: %s', async (message, json) => {
  const path = writeModel(json, weights)
  await expect(openCheckpoint(path)).rejects.toThrow(message.replace(/^model.json: /, ''))
  await expect(openCheckpoint(path)).rejects.toThrow(`TensorFlow.js ${path}`)
})
