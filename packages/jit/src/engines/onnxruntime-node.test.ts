import { float32, type NDArray, zeros } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { cpu, cpuExact, portable } from '../lower/target.ts'
import { encodeModel } from '../onnx/encode.ts'
import { expectElementTypes } from '../testing/element-types.ts'
import { onnxOf } from '../testing/onnx-of.ts'
import { checkOnnxRuntime } from './node/check-runtime.ts'
import { createExecutable } from './node/node-executable.ts'
import { onnxRuntimeNode } from './onnxruntime-node.ts'
import { onnxRuntimeWeb } from './onnxruntime-web.ts'

test('weights outside of the message give the same result as those inside', async () => {
  const weights = new Float32Array(64 * 64).map((_, i) => Math.sin(i))
  const model = onnxOf(cpu, (x: tf.Tensor) => tf.matMul(tf.tensor(weights, [64, 64]), x), [[64, 3]])
  const x = float32(
    new Float32Array(64 * 3).map((_, i) => Math.cos(i)),
    [64, 3],
  )
  const results: NDArray[] = []
  for (const largestInline of [2 ** 30, 1]) {
    const encoded = encodeModel(model, largestInline)
    expect(encoded.external === undefined).toBe(largestInline > 1)
    const executable = await createExecutable(model, encoded, { provider: 'cpu', optimised: true, onCpu: [] })
    results.push(...(await executable.run([x])))
    await executable.dispose()
  }
  expect(results[0]!.data).toEqual(results[1]!.data)
  const first = Array.from(weights.subarray(0, 64)).reduce((sum, w, i) => sum + w * x.data[3 * i]!, 0)
  expect(results[1]!.data[0]).toBeCloseTo(first, 4)
})

test('every element type goes in and out, and results are put into given arrays, others made', () =>
  expectElementTypes(onnxRuntimeNode({ threads: 1 })))

test('the engine lowers for the target it is given, Winograd where it pays by default', () => {
  expect(onnxRuntimeNode().target).toBe(cpu)
  expect(onnxRuntimeNode({ target: cpuExact }).target).toBe(cpuExact)
  expect(onnxRuntimeNode({ target: portable })).toMatchObject({ name: 'onnxruntime-node/cpu', target: portable })
})

test('results are written where they are wanted and nowhere else', async () => {
  const x = zeros([1024, 1024])
  x.data.fill(2)
  const model = onnxOf(cpu, (a: tf.Tensor) => tf.mul(a, 3), [x.shape])
  const executable = await onnxRuntimeNode({ threads: 1, cache: false, worker: false }).compile(model)
  const given = zeros([1024, 1024])
  await executable.run([x], [given])
  const before = process.memoryUsage().arrayBuffers
  await executable.run([x], [given])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(given.data.byteLength / 2)
  expect(given.data.every((y) => y === 6)).toBe(true)
  await executable.dispose()
})

test('a run that fails says why', async () => {
  const model = onnxOf(cpu, (a: tf.Tensor) => tf.mul(a, 3), [[2]])
  const executable = await onnxRuntimeNode({ threads: 1, cache: false }).compile(model)
  await expect(executable.run([zeros([3])])).rejects.toThrow(/Got: 3 Expected: 2|dimension/)
  await executable.dispose()
})

test('options and providers that do not exist are refused', () => {
  expect(() => onnxRuntimeNode({ thread: 1 } as never)).toThrow(
    "onnxRuntimeNode: unknown option 'thread'. Did you mean 'threads'?",
  )
  expect(() => onnxRuntimeNode({ provider: 'wasm' as never })).toThrow(
    "onnxRuntimeNode: expected a provider, one of 'cpu', 'cuda', 'webgpu'; got 'wasm'",
  )
  expect(() => onnxRuntimeWeb({ provider: 'cpu' as never })).toThrow(
    "onnxRuntimeWeb: expected a provider, one of 'webgpu', 'wasm'; got 'cpu'",
  )
})

test('a copy of the package that computes passes its check, a provider that it lacks does not', async () => {
  await checkOnnxRuntime(ort)
  await expect(checkOnnxRuntime(ort, 'quantum')).rejects.toThrow('quantum')
})
