import { float32, int32, zeros } from '@cascade-diffusion/arrays'
import { groupNorm, silu, upsampleNearest2x } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { onnxRuntimeNode } from '../engines/onnxruntime-node.ts'
import { jit } from '../jit.ts'
import { cpu, portable } from '../lower/target.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { expectAnyBatch, normals, weights } from '../testing/any-batch.ts'
import { lowerBatch } from './lower-batch.ts'

const kernel = (seed: number, ...shape: [number, number, number, number]) => weights(seed, ...shape) as tf.Tensor4D

const oneArgument = { paths: ['0'], rebuild: (leaves: readonly unknown[]) => [leaves[0]] as never }

describe('one program for all batch sizes', () => {
  test('element by element, with operands that have no batch', () =>
    expectAnyBatch(
      (x, y) => [tf.add(tf.mul(x, weights(1, 5)), y), tf.exp(tf.sub(x, tf.scalar(2)))],
      normals([3, 5], [1, 5]),
    ))

  test('means, sums and variances over the batch', () =>
    expectAnyBatch(
      (x) => {
        const centred = tf.sub(x, tf.mean(x, 0))
        const n = x.shape[0]
        return [
          tf.mean(x),
          tf.sum(x, 0),
          tf.mean(x, [0, 2]),
          tf.div(tf.sum(tf.square(centred), 0), n + 1),
          tf.moments(x),
        ]
      },
      normals([4, 3]),
    ))

  test('reshapes that mix the batch with other axes, transposes, and several results', () =>
    expectAnyBatch(
      (x) => ({
        flat: tf.reshape(x, [-1, 6]),
        all: tf.reshape(x, [-1]),
        turned: tf.reshape(tf.transpose(x, [1, 0, 2]), [4, -1]),
        pairs: tf.matMul(tf.reshape(x, [x.shape[0], 24]), tf.reshape(x, [x.shape[0], 24]), false, true),
      }),
      normals([4, 6]),
    ))

  test('slices, pads, concatenations, tiles and reversals along the batch', () =>
    expectAnyBatch(
      (x) => [
        tf.slice(x, [0, 1], [x.shape[0], 2]),
        tf.slice(x, [x.shape[0] - 1, 0], [1, 4]),
        tf.pad(x, [
          [1, 2],
          [0, 1],
        ]),
        tf.concat([x, x, weights(2, 3, 4)], 0),
        tf.tile(x, [3, 2]),
        tf.reverse(x, 0),
        tf.stack([x, tf.neg(x)], 1),
        tf.split(x, [1, 3], 1),
        tf.cumsum(x, 0),
      ],
      normals([4]),
    ))

  test('tensors made for the size of the batch', () =>
    expectAnyBatch(
      (x) => {
        const n = x.shape[0]
        return [
          tf.add(x, tf.fill([n, 4], 0.5)),
          tf.onesLike(x),
          tf.mul(x, tf.expandDims(tf.range(0, n), 1)),
          tf.linspace(0, 1, n + 1),
          tf.oneHot(tf.range(0, n, 1, 'int32'), n + 1),
          tf.gather(x, tf.range(0, n, 1, 'int32')),
          tf.fill([n, n], 2),
          tf.mul(x, tf.scalar(n * n)),
          tf.div(x, tf.scalar(n - 0.5)),
        ]
      },
      normals([4]),
    ))

  test('convolutions with strides and bias, pooling and resizing', () =>
    expectAnyBatch(
      (x) => {
        const a = tf.conv2d(x, kernel(1, 3, 3, 3, 16), 1, 'same')
        const b = tf.conv2d(silu(a), kernel(2, 3, 3, 16, 16), 1, 'same')
        const c = tf.add(tf.conv2d(b, kernel(3, 3, 3, 16, 8), 2, 'same'), weights(4, 8))
        const d = tf.conv2d(c as tf.Tensor4D, kernel(5, 1, 1, 8, 4), 1, 'valid')
        return [
          c,
          tf.image.resizeNearestNeighbor(d, [8, 8]),
          tf.image.resizeBilinear(d, [9, 7]),
          tf.avgPool(b, 2, 2, 'valid'),
          tf.maxPool(b, 3, 2, 'same'),
          tf.conv2d(b, kernel(6, 3, 3, 16, 1), 1, 'same'),
        ]
      },
      normals([8, 8, 3]),
    ))

  // Three tiles to a block at the first size, where a row of tiles is four: for their own size, or for the filter's.
  test.each([
    { blockSize: 3 * 36 * 32, blockFilters: 0 },
    { blockSize: 1, blockFilters: (3 * 32) / (16 * 16) },
  ])('large convolutions, in blocks: %j', async (block) => {
    const fn = (x: tf.Tensor4D) => tf.conv2d(x, kernel(1, 3, 3, 16, 16), 1, 'same')
    const target = { ...cpu, ...block }
    await expectAnyBatch(fn, normals([16, 16, 16]), { targets: [target], tolerance: 2e-5 })
    const axes = [0]
    const { model } = lowerBatch(fn as never, [{ dtype: 'float32', shape: [1, 16, 16, 16] }], oneArgument, {
      axes,
      target,
    })
    expect(model.nodes.filter((node) => node.opType === 'Concat').length).toBeGreaterThan(1)
  })

  test('convolutions of few pixels for their channels', () =>
    expectAnyBatch((x) => tf.conv2d(x, kernel(1, 3, 3, 96, 16), 1, 'same'), normals([4, 4, 96]), {
      targets: [{ ...cpu, fewPixels: 1 }],
      tolerance: 2e-5,
    }))

  test('group normalisation, with a scale and shift of all images or of each', () =>
    expectAnyBatch(
      (x, s) => [
        groupNorm(x, tf.add(weights(1, 8), 1) as tf.Tensor1D, weights(2, 8) as tf.Tensor1D, { groups: 4 }),
        groupNorm(x, s, tf.neg(s), { groups: 2 }),
      ],
      normals([4, 6, 8], [8]),
    ))

  test('attention', () =>
    expectAnyBatch(
      (x) => {
        const n = x.shape[0]
        const qkv = tf.reshape(tf.matMul(tf.reshape(x, [n * 12, 8]), weights(3, 8, 24)), [n, 12, 2, 12])
        const [q, k, v] = tf.split(tf.transpose(qkv, [0, 2, 1, 3]), 3, 3)
        const scores = tf.softmax(tf.matMul(q!, k!, false, true))
        return tf.reshape(tf.transpose(tf.matMul(scores, v!), [0, 2, 1, 3]), [n, 3, 4, 8])
      },
      normals([3, 4, 8]),
    ))

  test('embeddings by an integer label, and the loss of a classifier with its gradients', () =>
    expectAnyBatch(
      (x, label) => {
        const loss = (table: tf.Tensor, w: tf.Tensor) => {
          const h = tf.add(tf.matMul(x, w), tf.gather(table, label))
          const logits = tf.logSoftmax(h)
          return tf.neg(tf.mean(tf.sum(tf.mul(logits, tf.oneHot(label, 6)), 1))) as tf.Scalar
        }
        return tf.valueAndGrads((table, w) => loss(table!, w!))([weights(1, 6, 6), weights(2, 4, 6)])
      },
      (n) => [
        rng(n).normal([n, 4]),
        int32(
          Array.from({ length: n }, (_, i) => (i * 5) % 6),
          [n],
        ),
      ],
    ))

  test('gradients of convolutions, normalisations, pooling and resizing', () =>
    expectAnyBatch(
      (x, s) => {
        const network = (w: tf.Tensor, v: tf.Tensor, image: tf.Tensor) => {
          const h = tf.conv2d(image as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')
          const normal = silu(groupNorm(h, s, tf.neg(s), { groups: 4 }))
          const small = tf.conv2d(normal as tf.Tensor4D, v as tf.Tensor4D, 2, 'same')
          const large = upsampleNearest2x(small)
          return tf.mean(tf.square(tf.add(tf.avgPool(large, 2, 2, 'valid'), small)))
        }
        return tf.grads((w, v, image) => network(w!, v!, image!))([kernel(1, 3, 3, 16, 16), kernel(2, 3, 3, 16, 4), x])
      },
      normals([8, 8, 16], [16]),
      { tolerance: 1e-4 },
    ))

  test('a batch that is not the first axis, beside arguments without one', () =>
    expectAnyBatch(
      (w, { x }) => tf.matMul(tf.transpose(x), w),
      (n) => [rng(1).normal([3, 4]), { x: rng(n).normal([3, n]) } as never],
      { axes: [null, { x: 1 }] },
    ))
})

describe('what cannot be compiled for any batch size is named', () => {
  const attempt = (fn: (x: tf.Tensor) => unknown, shape: number[] = [4]) =>
    jit(fn, { dynamicBatch: [0] })(rng(1).normal([2, ...shape]))

  test('a batch that is taken apart', () =>
    expect(attempt((x) => tf.addN(tf.unstack(x)))).rejects.toThrow(
      "jit: the function cannot be compiled for any batch size: it calls other operations at other sizes: 'Unpack' with 67 results at 67, 'Unpack' with 71 results at 71",
    ))

  test('constants that follow the size in an unknown way', () =>
    expect(attempt((x) => tf.mul(x, Math.sqrt(x.shape[0]!)))).rejects.toThrow(
      /for any batch size: 'Multiply' \(Mul\) takes a constant that follows the batch size in no way that is known: \[8.18535\d*\] of shape \[\] at 67, /,
    ))

  test('constants drawn at each trace', () =>
    expect(attempt((x) => tf.mul(x, tf.tensor1d([Math.random(), 1, 2, 3])))).rejects.toThrow(
      "'Multiply' (Reshape) takes a constant",
    ))

  test('other operations, and other results', async () => {
    await expect(attempt((x) => (x.shape[0]! > 70 ? tf.exp(x) : tf.neg(x)))).rejects.toThrow(
      "it calls other operations at other sizes: 'Neg' at 67, 'Exp' at 71, 'Exp' at 73",
    )
    await expect(attempt((x) => (x.shape[0]! > 70 ? [x] : [x, x]))).rejects.toThrow(
      'it gives [0,1] at one size and [0] at another',
    )
  })

  test('results whose size is no multiple', () =>
    expect(attempt((x) => tf.reshape(tf.matMul(x, x, false, true), [-1]))).rejects.toThrow(
      "the shape of 'output0' is [4489] at 67, [5041] at 71, [5329] at 73",
    ))

  test('the message names the operation within which an operator differs', () =>
    expect(
      attempt(
        (x) => tf.conv2d(tf.reshape(x, [1, x.shape[0]!, 4, 1]) as tf.Tensor4D, tf.ones([3, 3, 1, 1]), 2, 'same'),
        [4],
      ),
    ).rejects.toThrow(/it computes otherwise at other sizes|follows the batch size/))
})

describe('which axes are the batch', () => {
  test('sizes that differ, and axes that there are not', async () => {
    const add = jit((x: tf.Tensor, y: tf.Tensor) => tf.add(x, y), { dynamicBatch: 0 })
    await expect(add(rng(1).normal([2, 3]), rng(1).normal([1, 3]))).rejects.toThrow(
      "jit: expected one batch size, got 2 of '0' and 1 of '1'",
    )
    const far = jit((x: tf.Tensor) => tf.neg(x), { dynamicBatch: [2] })
    await expect(far(rng(1).normal([2, 3]))).rejects.toThrow(
      "jit: expected dynamicBatch to be an axis of '0', which has 2, got 2",
    )
    const none = jit((x: tf.Tensor) => tf.neg(x), { dynamicBatch: [null] })
    await expect(none(rng(1).normal([2, 3]))).rejects.toThrow(
      'jit: expected dynamicBatch to have an axis of an argument, got none',
    )
  })

  test('found out from calls that differ: a program for the first size, and one for all others', async () => {
    const compiled: OnnxModel[] = []
    const engine = onnxRuntimeNode({ target: portable, threads: 1 })
    const recording = {
      ...engine,
      compile: (model: OnnxModel) => {
        compiled.push(model)
        return engine.compile(model)
      },
    }
    const dense = jit((w: tf.Tensor, x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.add(tf.matMul(x, w), y), 0), {
      engine: recording,
      dynamicBatch: true,
    })
    const w = rng(1).normal([3, 2])
    for (const n of [4, 4, 2, 1, 7, 4]) {
      const [x, y] = [rng(n).normal([n, 3]), rng(n).normal([n, 2])]
      const { data } = await dense(w, x, y)
      const product = (i: number, j: number) =>
        [0, 1, 2].reduce((sum, k) => sum + x.data[3 * i + k]! * w.data[2 * k + j]!, 0)
      const expected = Array.from({ length: n }, (_, i) => product(i, 1) + y.data[2 * i + 1]!).reduce((a, b) => a + b)
      expect(data[1]).toBeCloseTo(expected, 5)
    }
    expect(compiled.map((model) => model.inputs.map(({ batch }) => batch))).toEqual([
      [undefined, undefined, undefined],
      [undefined, [{ scale: 1, offset: 0 }, undefined], [{ scale: 1, offset: 0 }, undefined]],
    ])
    // Other rows of w, and so another program.
    await dense(rng(1).normal([5, 2]), rng(2).normal([4, 5]), rng(3).normal([4, 2]))
    expect(compiled).toHaveLength(3)
    await dense.dispose()
  })

  test('results are put into given arrays of the size', async () => {
    const double = jit((x: tf.Tensor) => tf.concat([x, x]), { dynamicBatch: 0 })
    const out = zeros([6])
    await double.into(out, float32([1, 2, 3]))
    expect(out.data).toEqual(Float32Array.of(1, 2, 3, 1, 2, 3))
    await expect(double.into(out, float32([1, 2]))).rejects.toThrow(
      "expected float32[4] for the result '', got float32[6]",
    )
    const device = await double.onDevice(float32([1]))
    expect((await device.read()).data).toEqual(Float32Array.of(1, 1))
    await double.dispose()
  })
})
