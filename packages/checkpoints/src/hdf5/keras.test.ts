import { expect, test } from 'vitest'
import { openCheckpoint, readCheckpoint } from '../open-checkpoint.ts'
import { bytesSource } from '../sources/byte-source.ts'
import { fixture, fixturePath, zipOf } from '../test-support.ts'
import { openZip } from '../zip/zip.ts'
import { computed, expectedKeras, plain } from './test-support.ts'

test.each(['keras2.h5', 'keras2-weights.h5', 'keras3.keras'])('%s: the weights that Keras says', async (name) => {
  const tensors = await readCheckpoint(fixturePath(name))
  const listed = expectedKeras[name]!
  expect(plain(tensors)).toEqual(computed(listed, tensors))
})

test("Keras 2's weights come in the order of its layers, and its model's description", async () => {
  const weights = await openCheckpoint(fixturePath('keras2-weights.h5'))
  expect(weights.names).toEqual(Object.keys(expectedKeras['keras2-weights.h5']!))
  await weights.close()
  const model = await openCheckpoint(fixture('keras2.h5'))
  expect(model.format).toBe('hdf5')
  expect(model.names.slice(0, 2)).toEqual(['head/kernel:0', 'head/bias:0'])
  expect(JSON.parse(model.metadata.model_config!).config.name).toBe('small')
  expect(model.metadata.backend).toBe('tensorflow')
})

const archive = await openZip(bytesSource(fixture('keras3.keras')))
const weights = await archive.read('model.weights.h5')
const config = await archive.read('config.json')

test("Keras 3's archive: weights of float32 and bfloat16, the model's description, the names of its layers", async () => {
  const file = await openCheckpoint(fixturePath('keras3.keras'))
  expect([file.format, file.shape('layers/conv2d/vars/0')]).toEqual(['keras', [2, 2, 1, 2]])
  expect(file.metadata).toMatchObject({
    model_config: new TextDecoder().decode(config),
    keras_version: expect.stringMatching(/^3\./),
    'layers/dense/vars/name': 'head',
  })
  const alone = await openCheckpoint(weights)
  expect(alone.format).toBe('hdf5')
  expect(alone.names).toEqual(file.names)
  for (const name of file.names) expect(await alone.read(name)).toEqual(await file.read(name))
  await file.close()
})

test("the archive's checksum is verified when all weights are read", async () => {
  const bytes = fixture('keras3.keras')
  // The last bytes of the weights' entry: a number of a weight, or the bytes after them.
  const at = Buffer.from(bytes).indexOf(Buffer.from(weights.slice(-64))) + 63
  bytes[at]! ^= 1
  const file = await openCheckpoint(bytes)
  await expect(file.readAll()).rejects.toThrow("Keras bytes: zip: entry 'model.weights.h5' is corrupt: expected CRC-32")
})

test.each<[string, Record<string, Uint8Array>, string]>([
  [
    'metadata.json',
    { 'model.weights.h5': weights, 'metadata.json': Buffer.from('[]') },
    'metadata.json: expected a JSON object',
  ],
  ['weights', { 'model.weights.h5': config }, 'Keras bytes: expected an HDF5 file, got one that begins with'],
])('an archive whose %s is something else', async (_, entries, message) => {
  await expect(openCheckpoint(zipOf(entries))).rejects.toThrow(message)
})

test('a listed weight that is not there, and a list that Keras cut into several', async () => {
  const small = Buffer.from(fixture('hdf5-small.h5'))
  const list = small.indexOf('weight_names\0')
  const cut = Buffer.from(small)
  cut[list - 6]! = 'weight_names0'.length + 1
  cut.write('weight_names0\0', list)
  expect((await openCheckpoint(new Uint8Array(cut))).names).toEqual(['b', 'c'])
  small.write('x', small.indexOf('bc', list))
  await expect(openCheckpoint(new Uint8Array(small))).rejects.toThrow("expected the weight 'a/x' that its group lists")
})
