import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { timestepEmbedding } from './embeddings.ts'

test('timestepEmbedding is cosines, then sines, of falling frequencies', () => {
  // timestep_embedding(torch.tensor([0, 7, 999.5]), 6): frequencies 1, 10000^(-1/3), 10000^(-2/3)
  const frequencies = [1, 0.0464158883, 0.0021544347]
  const expected = [0, 7, 999.5].flatMap((t) => [
    ...frequencies.map((f) => Math.cos(t * f)),
    ...frequencies.map((f) => Math.sin(t * f)),
  ])
  const values = timestepEmbedding(tf.tensor1d([0, 7, 999.5]), 6)
  expect(values.shape).toEqual([3, 6])
  values.dataSync().forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 4))
})

test('timestepEmbedding takes integers', () => {
  const integers = timestepEmbedding(tf.tensor1d([3, 41], 'int32'), 4).dataSync()
  expect(integers).toEqual(timestepEmbedding(tf.tensor1d([3, 41]), 4).dataSync())
})

test('timestepEmbedding shifted by 1 ends at the frequency 1/10000', () => {
  // diffusers' get_timestep_embedding(torch.tensor([300.]), 6, flip_sin_to_cos=True, downscale_freq_shift=1)
  const values = timestepEmbedding(tf.tensor1d([300]), 6, 1).dataSync()
  const frequencies = [1, 1e-2, 1e-4]
  const expected = [...frequencies.map((f) => Math.cos(300 * f)), ...frequencies.map((f) => Math.sin(300 * f))]
  for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 4)
})
