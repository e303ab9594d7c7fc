import { float32, type NDArray } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit } from '../jit.ts'
import type { EngineName } from './definition.ts'
import type { Engine } from './engine.ts'
import { automaticEngine, availableEngines, checkEngine, engineNamed } from './named-engines.ts'
import { onnxRuntimeNode } from './onnxruntime-node.ts'
import { hostExecutable } from './shared/host-executable.ts'
import { engineNames } from './table.ts'

test('the same function on engines by name', async () => {
  for (const engine of ['cpu', 'wasm', 'auto', undefined] as const) {
    const compiled = jit((x: tf.Tensor) => tf.sqrt(x), { engine })
    expect(await compiled(float32([4, 9])), engine).toEqual(float32([2, 3]))
    await compiled.dispose()
  }
})

test('a name that is none is refused at once', () => {
  expect(() => jit((x: tf.Tensor) => x, { engine: 'quantum' as EngineName })).toThrow(
    "jit: expected an engine, 'auto' or one of 'cpu', 'cuda', 'webgpu', 'wasm', got 'quantum'",
  )
})

test('every engine is reported: it works, or why not and what to do', async () => {
  const reports = await availableEngines()
  expect(reports.map(({ name }) => name)).toEqual([...engineNames])
  expect(reports.find(({ name }) => name === 'cpu')).toEqual({ name: 'cpu', works: true })
  for (const { name, works, reason } of reports) {
    if (works) expect(reason).toBeUndefined()
    else expect(reason).toContain(`'${name}'`)
  }
})

test('an engine that does not work is an error with the reason, and never another engine instead', async () => {
  for (const { name, works, reason } of await availableEngines()) {
    if (works) continue
    await expect(jit((x: tf.Tensor) => tf.neg(x), { engine: name })(float32([1]))).rejects.toThrow(reason)
  }
})

test('the automatic engine is one that works', async () => {
  const names = (await availableEngines()).filter(({ works }) => works).map(({ name }) => engineNamed(name).name)
  expect(names).toContain((await automaticEngine()).name)
})

test('an engine that computes something else is found out', async () => {
  const { target } = onnxRuntimeNode()
  const wrong: Engine = {
    name: 'wrong',
    target,
    compile: async (model) =>
      hostExecutable(
        model,
        async (_, [y]) => void (y as NDArray).data.fill(8),
        async () => {},
      ),
  }
  await expect(checkEngine(wrong)).rejects.toThrow("jit: expected 'wrong' to compute [8,1,16,0], got [8,8,8,8]")
})
