import '@cascade-diffusion/ops' // registers gradients
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { temporaryFolder } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { jit } from '../../jit.ts'
import { onnxRuntimeNode } from '../onnxruntime-node.ts'

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** A chain of `count` operators. */
const long = (count: number) => (x: tf.Tensor) => {
  let y = x
  for (let i = 0; i < count; i++) y = i % 2 ? tf.add(y, x) : tf.sin(y)
  return y
}

const x = float32([1, 2, 3])

/** Compiles, runs and frees a function; gives its result and the levels at which sessions were optimised. */
async function run(
  fn: (x: tf.Tensor) => tf.Tensor,
  cache: boolean | string,
): Promise<{ y: NDArray; levels: unknown[] }> {
  const create = vi.spyOn(ort.InferenceSession, 'create')
  const compiled = jit(fn, { engine: onnxRuntimeNode({ threads: 1, cache, worker: false }) })
  const y = await compiled(x)
  await compiled.dispose()
  const levels = create.mock.calls.map(
    (args) => (args[1] as ort.InferenceSession.SessionOptions).graphOptimizationLevel,
  )
  create.mockRestore()
  return { y, levels }
}

test('a large model is optimised once, and then read from the cache', async () => {
  const first = await run(long(600), folder)
  expect(first.levels).toEqual(['all'])
  expect(readdirSync(folder)).toHaveLength(1)
  const second = await run(long(600), folder)
  expect(second).toEqual({ y: first.y, levels: ['disabled'] })
  expect((await run(long(602), folder)).levels).toEqual(['all'])
  expect(readdirSync(folder)).toHaveLength(2)
})

test('a damaged entry is made again', async () => {
  const first = await run(long(600), folder)
  const path = join(folder, readdirSync(folder)[0]!)
  const whole = readFileSync(path)
  writeFileSync(path, whole.subarray(0, whole.length / 2))
  expect(await run(long(600), folder)).toEqual({ ...first, levels: ['all'] })
  expect(readFileSync(path).length).toBe(whole.length)
})

test('small models, models with large constants, very many operators and engines without a cache leave nothing on disk', async () => {
  await run(long(100), folder)
  const weights = new Float32Array(3 * 2 ** 20)
  await run((x) => tf.add(long(600)(x), tf.max(tf.tensor(weights, [2 ** 20, 3]), 0)), folder)
  await run(long(600), false)
  await run(long(3200), folder) // is not optimised
  expect(readdirSync(folder)).toEqual([])
})

test('a folder that cannot be written to is no error', async () => {
  writeFileSync(join(folder, 'file'), '')
  expect((await run(long(600), join(folder, 'file', 'below'))).y.shape).toEqual([3])
})

test('what takes weights for arguments and has many operators is not optimised', async () => {
  expect((await run(long(3200), false)).levels).toEqual(['disabled'])
})

test('equal functions share a session until the last is freed', async () => {
  const create = vi.spyOn(ort.InferenceSession, 'create')
  const engine = onnxRuntimeNode({ threads: 1, cache: false, worker: false })
  const [a, b, other] = [long(4), long(4), long(5)].map((fn) => jit(fn, { engine }))
  const results = await Promise.all([a!(x), b!(x), other!(x)])
  expect(create).toHaveBeenCalledTimes(2)
  await a!.dispose()
  expect(await b!(x)).toEqual(results[0])
  await b!.dispose()
  await other!.dispose()
  expect(await a!(x)).toEqual(results[0])
  expect(create).toHaveBeenCalledTimes(3)
  await a!.dispose()
})
