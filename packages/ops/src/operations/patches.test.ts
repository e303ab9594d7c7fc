import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { depthToSpace, spaceToDepth } from './patches.ts'

describe('patches', () => {
  it('puts the pixels of a patch side by side, row by row', () => {
    // Pixel (y, x) has the channels 10·y + x and 100 + 10·y + x.
    const pixels = [0, 1, 2, 3].flatMap((y) => [0, 1, 2, 3].flatMap((x) => [10 * y + x, 100 + 10 * y + x]))
    const y = spaceToDepth(tf.tensor4d(pixels, [1, 4, 4, 2]), 2)
    expect(y.shape).toEqual([1, 2, 2, 8])
    expect([...y.dataSync().slice(8, 16)]).toEqual([2, 102, 3, 103, 12, 112, 13, 113])
  })

  it('is undone by depthToSpace, on rectangles too', () => {
    const x = tf.reshape(tf.range(0, 2 * 4 * 6 * 3), [2, 4, 6, 3]) as tf.Tensor4D
    const back = depthToSpace(spaceToDepth(x, 2), 2)
    expect(back.shape).toEqual(x.shape)
    expect(back.dataSync()).toEqual(x.dataSync())
  })

  it('says what does not divide', () => {
    expect(() => spaceToDepth(tf.zeros([1, 4, 6, 1]), 4)).toThrow(
      'spaceToDepth: expected a size that divides 4×6, got 4',
    )
    expect(() => depthToSpace(tf.zeros([1, 2, 2, 6]), 2)).toThrow(
      'depthToSpace: expected a size whose square divides 6 channels, got 2',
    )
  })
})
