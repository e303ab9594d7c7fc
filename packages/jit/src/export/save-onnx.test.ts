import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { float32 } from '@cascade-diffusion/arrays'
import '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { ModelProto } from '../testing/model-proto.ts'
import { exportOnnx } from './export-onnx.ts'
import { encodeOnnx, saveOnnx } from './save-onnx.ts'

const weights = rng(1).normal([32, 32])
const model = exportOnnx((w: tf.Tensor, x: tf.Tensor) => tf.matMul(x, w), [weights, { shape: ['N', 32] }], {
  inputs: ['dense.kernel', 'x'],
  output: 'y',
  metadata: { name: 'dense', description: 'One layer.', properties: { author: 'us', license: 'MIT' } },
})

async function firstRow(path: string): Promise<ArrayLike<number>> {
  const session = await ort.InferenceSession.create(path)
  const x = float32(
    Array.from({ length: 64 }, (_, i) => (i === 0 || i === 35 ? 1 : 0)),
    [2, 32],
  )
  const { y } = await session.run({ x: new ort.Tensor('float32', x.data, [2, 32]) })
  expect(y!.dims).toEqual([2, 32])
  // The second example picks row 3 of the weights, the first one row 0.
  expect(y!.data.slice(32)).toEqual(weights.data.slice(96, 128))
  return y!.data.slice(0, 32) as Float32Array
}

test('writes one file that says what it is', async () => {
  const path = join(temporaryFolder(), 'dense.onnx')
  await saveOnnx(path, model)
  expect(await firstRow(path)).toEqual(weights.data.slice(0, 32))
  expect(new Uint8Array(await readFile(path))).toEqual(encodeOnnx(model))
  // biome-ignore lint/suspicious/noExplicitAny: a decoded message
  const file = ModelProto.toObject(ModelProto.decode(encodeOnnx(model)), { longs: Number }) as any
  expect(file).toMatchObject({
    ir_version: 9,
    producer_name: 'cascade-diffusion',
    doc_string: 'One layer.',
    opset_import: [{ domain: '', version: 18 }],
    metadata_props: [
      { key: 'author', value: 'us' },
      { key: 'license', value: 'MIT' },
    ],
    graph: { name: 'dense', doc_string: 'One layer.' },
  })
  expect(file.graph.input[0].type.tensor_type.shape.dim).toEqual([{ dim_param: 'N' }, { dim_value: 32 }])
  expect(file.graph.output[0].type.tensor_type.shape.dim).toEqual([{ dim_param: 'N' }, { dim_value: 32 }])
  expect(file.graph.node[0].name).toBe('dense/MatMul')
})

test('puts weights that are too many into a file beside it', async () => {
  const out = temporaryFolder()
  const path = join(out, 'dense.onnx')
  await saveOnnx(path, model, { largestInline: 1000 })
  expect((await readdir(out)).sort()).toEqual(['dense.onnx', 'dense.onnx.data'])
  expect((await stat(`${path}.data`)).size).toBe(4096)
  expect((await stat(path)).size).toBeLessThan(1000)
  expect(await firstRow(path)).toEqual(weights.data.slice(0, 32))
})

test('leaves what was there if it fails, and nothing else', async () => {
  const out = temporaryFolder()
  const path = join(out, 'dense.onnx')
  await writeFile(path, 'old')
  const broken = { ...model, initializers: model.initializers.map((t) => ({ ...t, data: undefined as never })) }
  await expect(saveOnnx(path, broken)).rejects.toThrow()
  await expect(saveOnnx(join(out, 'missing', 'x.onnx'), model)).rejects.toThrow('ENOENT')
  expect(await readdir(out)).toEqual(['dense.onnx'])
  expect(await readFile(path, 'utf8')).toBe('old')
})

test('lengths that follow the batch’s are written as expressions', () => {
  const fn = (x: tf.Tensor) => [
    tf.reshape(x, [-1]),
    tf.pad(x, [
      [1, 0],
      [0, 0],
    ]),
    tf.slice(x, 1),
  ]
  // biome-ignore lint/suspicious/noExplicitAny: a decoded message
  const { graph } = ModelProto.decode(encodeOnnx(exportOnnx(fn, [{ shape: ['N', 3] }]))) as any
  const lengths = graph.output.map((t: typeof graph) => t.type.tensor_type.shape.dim[0].dim_param)
  expect(lengths).toEqual(['3*N', 'N + 1', 'N - 1'])
})
