import { createRequire } from 'node:module'
import { cacheFolder } from '@cascade-diffusion/files'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { locate } from '../locate.ts'
import { useBackend } from '../use-backend.ts'

const numbers = (shape: [number, number, number, number], seed: number) =>
  tf.tensor4d(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(seed + 1.7 * i)),
    shape,
  )

interface Case {
  stride: number | [number, number]
  pad: number | 'same' | 'valid' | tf.backend_util.ExplicitPadding
  size: [number, number]
}

const cases: Case[] = [
  { stride: 1, pad: 1, size: [6, 5] },
  { stride: 2, pad: 1, size: [6, 6] },
  {
    stride: [2, 1],
    pad: [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ],
    size: [7, 5],
  },
  { stride: 1, pad: 0, size: [5, 5] },
  { stride: 2, pad: 'same', size: [5, 6] },
  {
    stride: 1,
    pad: [
      [0, 0],
      [2, 0],
      [1, 2],
      [0, 0],
    ],
    size: [5, 6],
  },
]

/** A convolution and its two gradients, by the kernels that `tf.grads` would run. */
async function convolution({ stride, pad, size }: Case): Promise<Float32Array[]> {
  const results = tf.tidy(() => {
    const x = numbers([2, ...size, 3], 0)
    const filter = numbers([3, 3, 3, 4], 1)
    const y = tf.conv2d(x, filter, stride, pad)
    const dy = numbers(y.shape, 2)
    const attrs = { strides: stride, pad: pad as never, dataFormat: 'NHWC' }
    const run = (name: string, inputs: tf.NamedTensorMap, more: tf.NamedAttrMap) =>
      tf.engine().runKernel(name, inputs, { ...attrs, ...more }) as tf.Tensor
    const dx = run('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape })
    const dFilter = run('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape })
    return [y, dx, dFilter]
  })
  const values = await Promise.all(results.map(async (y) => Float32Array.from(await y.data())))
  tf.dispose(results)
  return values
}

/** Tests of a native backend against plain JavaScript, skipped if it is not installed. */
export function testNative(name: 'node' | 'node-gpu'): void {
  const there = locate(name, cacheFolder())[0]?.complete === true
  if (!there) console.log(`${name} is not installed here (\`cascade-diffusion backends install ${name}\`): not tested`)

  test.skipIf(!there)(
    'computes convolutions and their gradients with any padding as plain JavaScript does',
    async () => {
      await useBackend('cpu')
      const expected: Float32Array[][] = []
      for (const options of cases) expected.push(await convolution(options))
      expect(await useBackend(name)).toMatchObject({ name, version: tf.version_core })
      for (const [i, options] of cases.entries())
        for (const [k, values] of (await convolution(options)).entries())
          expect(greatestDifference(values, expected[i]![k]!)).toBeLessThan(2e-5)
    },
  )

  test.skipIf(!there)('keeps no tensor', async () => {
    await useBackend(name)
    await convolution(cases[1]!)
    const before = tf.memory().numTensors
    for (let i = 0; i < 20; i++) await convolution(cases[i % cases.length]!)
    expect(tf.memory().numTensors).toBe(before)
  })

  test.skipIf(!there)('is the only one of the two in a process, and gives way to others', async () => {
    await useBackend(name)
    const other = name === 'node' ? 'node-gpu' : 'node'
    if (locate(other, cacheFolder())[0]?.complete)
      await expect(useBackend(other)).rejects.toThrow(`'${name}' is loaded in this process`)
    await useBackend('cpu')
    expect(tf.getBackend()).toBe('cpu')
    await useBackend(name)
    expect(tf.getBackend()).toBe('tensorflow')
    const core = createRequire(import.meta.url)('@tensorflow/tfjs-core') as typeof tf
    expect(core.engine()).toBe(tf.engine())
  })
}
