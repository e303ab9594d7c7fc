import { float32, int32, ndarray, zeros } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { lower } from '../compile/lower.ts'
import type { Engine } from '../engines/engine.ts'
import { cpu } from '../lower/target.ts'
import { trace } from '../trace/trace.ts'

/** Expects an engine to take and give every element type, to put results into given arrays, and to make the others. */
export async function expectElementTypes(engine: Engine): Promise<void> {
  const types = (['float32', 'int32', 'bool'] as const).map((dtype) => ({ dtype, shape: [2, 2] }))
  const { graph } = trace((...xs: tf.Tensor[]) => xs.map((x) => tf.transpose(x)), types, {
    paths: ['0', '1', '2'],
    rebuild: (leaves) => leaves as never,
  })
  const executable = await engine.compile(lower(graph, cpu))
  const inputs = [
    float32([1, 2, 3, 4], [2, 2]),
    int32([-1, 2, -3, 4], [2, 2]),
    ndarray(Uint8Array.of(0, 1, 0, 0), [2, 2]),
  ]
  const given = zeros([2, 2], 'int32')
  const results = await executable.run(inputs, [undefined, given])
  expect(results[1]).toBe(given)
  expect(results).toEqual([
    float32([1, 3, 2, 4], [2, 2]),
    int32([-1, -3, 2, 4], [2, 2]),
    ndarray(Uint8Array.of(0, 0, 1, 0), [2, 2]),
  ])
  await executable.dispose()
}
