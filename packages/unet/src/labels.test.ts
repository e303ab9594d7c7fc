import '@tensorflow/tfjs-backend-cpu'
import { float32, int32, type NDArray } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { embed } from './blocks/embeddings.ts'
import { encoder } from './encoder/encoder.ts'
import { planOf } from './plan.ts'
import { unet } from './unet.ts'

const size = {
  resolution: 4,
  imageChannels: 1,
  baseChannels: 8,
  channelMultipliers: [1],
  residualBlocks: 1,
  normGroups: 4,
}
const xt = rng(1).normal([2, 4, 4, 1])
const noise = float32([5, 5])
const engines = [
  ['eager', eager],
  ['jit', jit],
] as const

/** Weights that are nowhere zero. */
const weights = (shapes: Readonly<Record<string, readonly number[]>>) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, rng(2).fold(name).normal(shape)]))

test.each(engines)(
  '%s: a label adds its row of the table, -1 adds nothing, with any number of classes',
  async (_, compile) => {
    for (const numClasses of [1, 2, 5]) {
      const net = unet({ ...size, numClasses })
      const params = weights(net.parameterShapes)
      const conditioned = compile((tensors: Record<string, tf.Tensor>, label: tf.Tensor1D | undefined) =>
        embed(tensors, net.config, planOf(net.config), tf.tensor1d([5, 5]), label ? { label } : {}),
      )
      const without = (await conditioned(params, undefined)).data
      const { data: table, shape } = params['label.embedding'] as NDArray
      const width = shape[1]!
      for (const labels of [
        [0, numClasses - 1],
        [-1, 0],
      ]) {
        const { data } = await conditioned(params, int32(labels))
        labels.forEach((label, i) => {
          for (let j = 0; j < width; j++)
            expect(data[i * width + j]).toBe(Math.fround(without[i * width + j]! + (table[label * width + j] ?? 0)))
        })
      }
      await conditioned.dispose()
    }
  },
)

test.each(engines)('%s: a label that is no class is refused', async (_, compile) => {
  for (const numClasses of [1, 5]) {
    const net = unet({ ...size, numClasses })
    const run = compile(net.apply)
    const params = net.init(rng(0))
    expect((await run(params, xt, noise, { label: int32([0, -1]) })).shape).toEqual([2, 4, 4, 1])
    for (const label of [numClasses, -2, 2 ** 31 - 1, -(2 ** 31)])
      await expect(run(params, xt, noise, { label: int32([0, label]) }), `label ${label}`).rejects.toThrow()
    await run.dispose()
  }
})

test.each(engines)('%s: the table of a single class has a gradient, that of its labels', async (_, compile) => {
  const net = unet({ ...size, numClasses: 1 })
  const params = weights(net.parameterShapes)
  const plan = planOf(net.config)
  const gradient = compile((tensors: Record<string, tf.Tensor>, label: tf.Tensor1D) =>
    tf.grad((table) =>
      tf.sum(embed({ ...tensors, 'label.embedding': table }, net.config, plan, tf.tensor1d([5, 5]), { label })),
    )(tensors['label.embedding']!),
  )
  const of = async (labels: number[]) => (await gradient(params, int32(labels))).data
  expect([...(await of([0, 0]))]).toEqual(Array(plan.embedding).fill(2))
  expect([...(await of([-1, 0]))]).toEqual(Array(plan.embedding).fill(1))
  await gradient.dispose()
})

test('an encoder gives vectors of length one as well', async () => {
  const net = encoder({ ...size, classes: 1 })
  expect((await eager(net.apply)(net.init(rng(0)), xt, noise)).shape).toEqual([2, 1])
})
