import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { ModelProto } from '../testing/model-proto.ts'
import { encodeModel } from './encode.ts'
import type { OnnxModel } from './model.ts'

const model: OnnxModel = {
  inputs: [{ name: 'x', dtype: 'float32', shape: [2, 3] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [2, 3] }],
  initializers: [
    { name: 'w', dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 4, 5, 6) },
    { name: 'i', dtype: 'int32', shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) },
    { name: 'l', dtype: 'int64', shape: [1], data: BigInt64Array.of(-(2n ** 40n)) },
    { name: 'b', dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
    { name: 'd', dtype: 'float64', shape: [], data: Float64Array.of(Math.PI) },
  ],
  nodes: [
    { opType: 'Add', domain: '', inputs: ['x', 'w'], outputs: ['s'], attributes: {} },
    {
      opType: 'QuickGelu',
      domain: 'com.microsoft',
      inputs: ['s'],
      outputs: ['y'],
      attributes: { alpha: { float: 1 }, count: -3, axes: [1, -(2 ** 31)], mode: 'reflect' },
    },
  ],
}

const decode = (bytes: Uint8Array) =>
  // biome-ignore lint/suspicious/noExplicitAny: a decoded message
  ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, bytes: Array }) as any

test('a model survives being encoded', () => {
  const { bytes, external } = encodeModel(model)
  expect(external).toBeUndefined()
  const decoded = decode(bytes)
  expect(decoded.ir_version).toBe(9)
  expect(decoded.opset_import).toEqual([
    { domain: '', version: 18 },
    { domain: 'com.microsoft', version: 1 },
  ])
  const { graph } = decoded
  const type = (shape: number[]) => ({
    tensor_type: { elem_type: 1, shape: { dim: shape.map((d) => ({ dim_value: d })) } },
  })
  expect(graph.input).toEqual([{ name: 'x', type: type([2, 3]) }])
  expect(graph.output).toEqual([{ name: 'y', type: type([2, 3]) }])
  expect(graph.node.map((n: { op_type: string }) => n.op_type)).toEqual(['Add', 'QuickGelu'])
  expect(graph.node[0]).toMatchObject({ input: ['x', 'w'], output: ['s'], domain: '' })
  expect(graph.node[1].attribute).toEqual([
    { name: 'alpha', type: 1, f: 1 },
    { name: 'count', type: 2, i: -3 },
    { name: 'axes', type: 7, ints: [1, -(2 ** 31)] },
    { name: 'mode', type: 3, s: Array.from(new TextEncoder().encode('reflect')) },
  ])
  // The numbers of TensorProto.DataType.
  expect(graph.initializer.map((t: { data_type: number }) => t.data_type)).toEqual([1, 6, 7, 9, 11])
  for (const [i, { name, shape, data }] of model.initializers.entries()) {
    const { raw_data, dims = [] } = graph.initializer[i]
    expect({ name: graph.initializer[i].name, dims }).toEqual({ name, dims: shape })
    expect(raw_data).toEqual(Array.from(new Uint8Array(data.buffer)))
  }
})

test('a part of a larger buffer is written, not all of it', () => {
  const whole = Float32Array.of(9, 1, 2, 9)
  const view = { name: 'v', dtype: 'float32' as const, shape: [2], data: whole.subarray(1, 3) }
  const { graph } = decode(encodeModel({ ...model, initializers: [view] }).bytes)
  expect(graph.initializer[0].raw_data).toEqual(Array.from(new Uint8Array(Float32Array.of(1, 2).buffer)))
})

test('weights beyond the limit lie outside of the message, small ones inside', () => {
  const large = { name: 'large', dtype: 'float32' as const, shape: [300], data: new Float32Array(300).map((_, i) => i) }
  const more = { name: 'more', dtype: 'int32' as const, shape: [400], data: new Int32Array(400).map((_, i) => -i) }
  const { bytes, external } = encodeModel({ ...model, initializers: [...model.initializers, large, more] }, 2000)
  const entries = (t: { external_data: { key: string; value: string }[] }) =>
    Object.fromEntries(t.external_data.map(({ key, value }) => [key, value]))
  const initializers = decode(bytes).graph.initializer
  expect(initializers.map((t: { data_location?: number }) => t.data_location ?? 0)).toEqual([0, 0, 0, 0, 0, 1, 1])
  expect(entries(initializers[5])).toEqual({ location: 'weights.bin', offset: '0', length: '1200' })
  expect(entries(initializers[6])).toEqual({ location: 'weights.bin', offset: '1200', length: '1600' })
  expect(external).toMatchObject({ path: 'weights.bin', size: 2800 })
  expect(external!.pieces.map((p) => p.length)).toEqual([1200, 1600])
  expect(Buffer.concat(external!.pieces).readFloatLE(4 * 299)).toBe(299)
})

test('the schema’s field numbers are those of onnx.proto: ONNX Runtime reads what it writes', async () => {
  const { bytes } = encodeModel({ ...model, nodes: [{ ...model.nodes[0]!, outputs: ['y'] }] })
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 1, 1, 1, 1, 1), [2, 3]) })
  expect(Array.from(y!.data as Float32Array)).toEqual([2, -1, 4.5, 5, 6, 7])
  await session.release()
})
