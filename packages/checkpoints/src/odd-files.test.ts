import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { float32 } from '@cascade-diffusion/arrays'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { readNpz } from './numpy/npy.ts'
import { openCheckpoint, readCheckpoint } from './open-checkpoint.ts'
import { fixture, fixturePath, toNumber } from './test-support.ts'

const weight = float32([0, 1, 2])
const isWeight = (name: string) => name === 'weight'

test.each([
  ['odd.safetensors', 'complex64', 'numbers of C64 are not read, only F64, F32,'],
  ['odd.safetensors', 'float4', 'numbers of F4 are not read'],
  ['odd.npz', 'complex', '"<c16": complex, save its .real and .imag'],
  ['odd.npz', 'texts', '"<U1": texts'],
  ['odd.npz', 'bytes', '"|S1": texts'],
  ['odd.npz', 'objects', '"|O": objects of Python'],
  ['odd.npz', 'records', "got {'descr': [("],
  ['odd.npz', 'when', '"<M8[D]"'],
  ['odd.npz', 'long', '"<f16"'],
  ['odd.npz', 'void', '"|V2": raw bytes, as which NumPy saves bfloat16'],
  ['odd.h5', 'types/complex', 'got compounds'],
  ['odd.h5', 'types/records', 'got compounds'],
  ['odd.h5', 'types/big', 'got big-endian floats'],
  ['odd.h5', 'types/opaque', 'got opaque'],
  ['odd.h5', 'types/long', 'got floats of 80 bits'],
  ['odd.h5', 'types/lists', 'got lists'],
  ['odd.h5', 'layouts/packed', 'got lzf'],
  ['odd.h5', 'layouts/growing', 'got extensible array'],
  ['odd.h5', 'layouts/immense', 'expected arrays of at most'],
  ['odd.h5', 'many', 'expected at most 8 members of a group of the new kind'],
])('%s: %s beside the weight does not close the file', async (name, odd, reason) => {
  const file = await openCheckpoint(fixturePath(name))
  expect(await file.read('weight')).toEqual(weight)
  expect(file.names).not.toContain(odd)
  expect(file.unreadable.get(odd)).toContain(reason)
  await expect(file.read(odd)).rejects.toThrow(`tensor '${odd}': ${file.unreadable.get(odd)}`)
  await expect(file.readAll((key) => key === odd || isWeight(key))).rejects.toThrow(`tensor '${odd}': `)
  await file.close()
  expect(await readCheckpoint(fixturePath(name), isWeight)).toEqual({ weight })
})

test('groups with many attributes are read, the attributes left out', async () => {
  const file = await openCheckpoint(fixture('odd.h5'))
  expect(await file.read('noted/inner')).toEqual(float32([0, 1]))
  expect([...file.unreadable.keys()].length).toBe(10)
})

test('the arrays of an npz that are wanted, in their own precision', async () => {
  await expect(readNpz(fixturePath('odd.npz'))).rejects.toThrow("array 'complex.npy': npy: expected an element type")
  expect(await readNpz(fixturePath('odd.npz'), isWeight)).toEqual({ weight: { ...weight, dtype: 'float32' } })
})

/** OCP's and Graphcore's formats, as ml_dtypes and PyTorch give their values. */
test('all codes of the types of 8 bits in safetensors, as PyTorch reads them', async () => {
  const expected = JSON.parse(Buffer.from(fixture('odd.json')).toString())['odd-types.pt']
  const file = await openCheckpoint(fixture('odd.safetensors'))
  for (const type of ['e4m3fn', 'e5m2', 'e4m3fnuz', 'e5m2fnuz', 'e8m0fnu']) {
    const { data } = await file.read(`float8_${type}`)
    expect([...data]).toEqual(expected[`float8_${type}`].values.map((text: string) => toNumber(text)))
  }
})

test('an odd tensor in a shard: the others are read, and it is named with its shard', async () => {
  const folder = temporaryFolder()
  for (const name of ['odd.safetensors', 'odd-layouts.pt']) writeFileSync(join(folder, name), fixture(name))
  const path = join(folder, 'index.json')
  const map = {
    weight: 'odd-layouts.pt',
    csr: 'odd-layouts.pt',
    float8_e5m2: 'odd.safetensors',
    float4: 'odd.safetensors',
  }
  writeFileSync(path, JSON.stringify({ weight_map: map }))
  const file = await openCheckpoint(path)
  expect(file.names).toEqual(['weight', 'float8_e5m2'])
  expect(await file.read('weight')).toEqual(weight)
  await expect(file.read('csr')).rejects.toThrow(`${path}: tensor 'csr': shard odd-layouts.pt: a sparse tensor`)
  await expect(file.readAll()).rejects.toThrow("tensor 'csr': shard odd-layouts.pt")
  expect(Object.keys(await file.readAll((name) => file.names.includes(name)))).toEqual(['weight', 'float8_e5m2'])
  await file.close()
})

test('texts, complex numbers and unknown types among the weights of TensorFlow.js', async () => {
  const folder = temporaryFolder()
  const weights = [
    { name: 'words', shape: [2], dtype: 'string' },
    { name: 'spectrum', shape: [1], dtype: 'complex64' },
    { name: 'weight', shape: [3], dtype: 'float32' },
  ]
  const texts = Uint8Array.of(2, 0, 0, 0, 104, 105, 0, 0, 0, 0)
  const bytes = Buffer.concat([texts, new Uint8Array(8), new Uint8Array(Float32Array.of(0, 1, 2).buffer)])
  const write = (list: readonly object[]) => {
    writeFileSync(join(folder, 'a.bin'), bytes)
    writeFileSync(
      join(folder, 'model.json'),
      JSON.stringify({ weightsManifest: [{ paths: ['a.bin'], weights: list }] }),
    )
    return join(folder, 'model.json')
  }
  const path = write(weights)
  expect(await readCheckpoint(path, isWeight)).toEqual({ weight })
  const file = await openCheckpoint(path)
  expect([...file.unreadable]).toEqual([
    ['words', 'texts are not read'],
    ['spectrum', 'complex numbers are not read: save tf.real(x) and tf.imag(x)'],
  ])
  await file.close()

  const unknown = await openCheckpoint(
    write([...weights, { name: 'a', shape: [1], dtype: 'float8' }, { name: 'b', shape: [1], dtype: 'int32' }]),
  )
  expect(await unknown.read('weight')).toEqual(weight)
  expect([unknown.unreadable.get('a'), unknown.unreadable.get('b')]).toEqual([
    'expected a dtype of float32, int32, bool, got "float8"',
    'it follows a weight of an unknown type',
  ])
  await unknown.close()

  const quantization = (scale: number) => ({ dtype: 'uint8', scale, min: 0 })
  const list = [...weights.slice(0, 2), { name: 'q', shape: [12], dtype: 'float32', quantization: quantization(2) }]
  const scaled = await openCheckpoint(write(list))
  expect([...(await scaled.read('q')).data.slice(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 256, 126])
  await scaled.close()
  writeFileSync(
    path,
    JSON.stringify({ weightsManifest: [{ paths: ['a.bin'], weights: list }] }).replace('"scale":2', '"scale":NaN'),
  )
  const nan = await openCheckpoint(path)
  expect(nan.unreadable.get('q')).toBe(
    'expected a quantization to uint8, uint16, float16 with a scale and a min, got {"dtype":"uint8","scale":"NaN","min":0}',
  )
  await nan.close()
})
