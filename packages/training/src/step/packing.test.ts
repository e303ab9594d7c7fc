import '@tensorflow/tfjs-backend-cpu'
import type { Params } from '@cascade-diffusion/arrays'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { packedName, packSmall } from './packing.ts'

const params = {
  'b.bias': float32([1, 2]),
  'a.weight': float32([3, 4, 5, 6], [2, 2]),
  scale: float32(7),
  'c.matrix': float32([8, 9], [1, 2]),
}

test('lays small parameters one after another and gives them back as views, in order', () => {
  const packing = packSmall(params, 4)
  const packed = packing.pack(params)
  expect(packed).toEqual({ [packedName]: float32([1, 2, 7, 8, 9]), 'a.weight': params['a.weight'] })
  const back = packing.unpack(packed)
  expect(back).toEqual(params)
  expect(Object.keys(back)).toEqual(Object.keys(params))
  expect(back.scale?.data.buffer).toBe(packed[packedName]?.data.buffer)
})

test('all small, and none small', () => {
  expect(Object.keys(packSmall(params).pack(params))).toEqual([packedName])
  expect(packSmall(params, 1).pack(params)).toEqual(params)
  expect(packSmall(params, 1).unpack(params)).toEqual(params)
})

test('tensors unpack alike, and gradients flow back into the vector', async () => {
  const packing = packSmall(params, 4)
  const packed = packing.pack(params)
  expect(await eager((p: Params<tf.Tensor>) => packing.unpackTensors(p))(packed)).toEqual(params)
  const weighted = (p: Params<tf.Tensor>) => {
    const { 'b.bias': bias, scale, 'a.weight': weight } = packing.unpackTensors(p)
    return tf.sum(tf.mul(tf.mul(bias!, scale!), tf.sum(weight!)))
  }
  const gradients = await eager((vector: tf.Tensor1D, weight: tf.Tensor2D) =>
    tf.grads((vector, weight) => weighted({ [packedName]: vector, 'a.weight': weight }))([vector, weight]),
  )(packed[packedName]!, packed['a.weight']!)
  // d/d bias = scale·Σ weight = 126, d/d scale = Σ bias · Σ weight = 54, unused: 0; d/d weight = scale·Σ bias = 21
  expect(gradients.map((g) => [...g.data])).toEqual([
    [126, 126, 54, 0, 0],
    [21, 21, 21, 21],
  ])
})

test('a single small parameter has a gradient', async () => {
  const one = { scale: float32(2) }
  const packing = packSmall(one)
  const gradient = await eager((vector: tf.Tensor1D) =>
    tf.grad((vector) => tf.square(packing.unpackTensors({ [packedName]: vector }).scale!))(vector),
  )(packing.pack(one)[packedName]!)
  expect([...gradient.data]).toEqual([4])
})

test('only float32 can be trained', () => {
  expect(() => packSmall({ steps: int32([1]) })).toThrow("parameter 'steps': expected float32, got int32")
})
