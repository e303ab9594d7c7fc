import '@tensorflow/tfjs-backend-cpu'
import type { Params } from '@cascade-diffusion/arrays'
import { type ArraysOf, type Compile, float32, type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { packedName, packSmall } from '../step/packing.ts'
import { checkpointIn } from '../testing/test-support.ts'
import type { TrainObserver, TrainOptions } from './options.ts'
import { train } from './train.ts'

/** Two layers, the first of which is too large to be packed with the rest. */
const params = {
  'first.weight': ndarray(
    rng(1)
      .normal([40, 512])
      .data.map((x) => x / 6),
    [40, 512],
  ),
  'first.bias': float32(new Float32Array(512)),
  'second.weight': ndarray(
    rng(2)
      .normal([512, 1])
      .data.map((x) => x / 22),
    [512, 1],
  ),
  scale: float32(1),
}

interface Batch {
  readonly x: tf.Tensor2D
  readonly y: tf.Tensor2D
}

const loss = (p: Params<tf.Tensor>, { x, y }: Batch) => {
  const hidden = tf.relu(tf.add(tf.matMul(x, p['first.weight'] as tf.Tensor2D), p['first.bias']!))
  const out = tf.mul(tf.matMul(hidden as tf.Tensor2D, p['second.weight'] as tf.Tensor2D), p.scale!)
  return tf.mean(tf.square(tf.sub(out, y))) as tf.Scalar
}

const run = (compile: Compile): TrainOptions<Batch> => ({
  params,
  loss,
  batch: (_, key): ArraysOf<Batch> => ({ x: key.fold('x').normal([8, 40]), y: key.fold('y').normal([8, 1]) }),
  steps: 6,
  seed: 3,
  learningRate: 1e-3,
  compile,
})

test('a compiled run agrees with an eager one', async () => {
  await tf.setBackend('cpu')
  expect(Object.keys(packSmall(params).pack(params))).toEqual([packedName, 'first.weight'])
  const [compiled, plain] = [await train(run(jit)), await train(run(eager))]
  for (const part of ['params', 'ema'] as const)
    for (const [name, { data, shape }] of Object.entries(plain[part])) {
      const other = compiled[part][name]!
      expect(other.shape).toEqual(shape)
      expect(Math.max(...Array.from(data, (x, i) => Math.abs(x - other.data[i]!)))).toBeLessThan(2e-5)
    }
  for (const [i, value] of plain.losses.entries()) expect(compiled.losses[i]! / value).toBeCloseTo(1, 4)
  // It is training that agrees, not two runs that stand still.
  expect(Math.abs(plain.params['first.weight']!.data[0]! - params['first.weight'].data[0]!)).toBeGreaterThan(1e-4)
})

test('a compiled run is the same, to the last bit, with and without an observer, resumed too', async () => {
  const seen: Params<NDArray>[] = []
  const observe: TrainObserver = {
    every: 2,
    async call({ params, averages }) {
      seen.push(await params(), (await averages()).ema!)
    },
  }
  const plain = await train(run(jit))
  expect(await train({ ...run(jit), observe })).toEqual(plain)
  expect(seen).toHaveLength(6)
  expect(seen[4]).toEqual(plain.params)
  expect(seen[5]).toEqual(plain.ema)
  // What was read stays as it was, though later steps wrote to the memory that it came from.
  const { params, ema } = await train({ ...run(jit), steps: 2 })
  expect([seen[0], seen[1]]).toEqual([params, ema])
  const checkpoint = checkpointIn(temporaryFolder())
  await train({ ...run(jit), steps: 3, checkpoint, observe })
  expect(await train({ ...run(jit), checkpoint, observe })).toEqual(plain)
})
