import { int32, ndarray } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { onnxRuntimeNode } from '../../engines/onnxruntime-node.ts'
import { jit } from '../../jit.ts'
import { compared, expectAgreement } from '../../testing/agreement.ts'
import { booleans, integers, lay, normal, operand, runs, seeds, shapes } from '../../testing/arbitraries.ts'
import { scatterKernels } from './scatter.ts'

/** Places in the leading axes of a shape, some of them twice, in any shape; all of one row first. */
const cases = shapes(1, 3).chain((shape) =>
  fc.integer({ min: 1, max: shape.length }).chain((axes) =>
    shapes(1, 2).chain((outer) =>
      fc.record({
        shape: fc.constant(shape),
        axes: fc.constant(axes),
        outer: fc.constant(outer),
        rows: operand([...outer, ...shape.slice(axes)]),
        seed: seeds,
      }),
    ),
  ),
)

/** int32 places [...outer, axes]. */
const placesIn = (shape: readonly number[], axes: number, outer: readonly number[], seed: number) => {
  const plain = { shape: outer, perm: outer.map((_, i) => i) }
  const columns = shape.slice(0, axes).map((d, i) => integers(0, d, plain, seed, `axis ${i}`).data)
  const data = Int32Array.from(
    { length: columns[0]!.length * axes },
    (_, i) => columns[i % axes]![Math.floor(i / axes)]!,
  )
  return ndarray(data, [...outer, axes])
}

test('sums and replacements at places', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ shape, axes, outer, rows, seed }) =>
      expectAgreement(
        (k: tf.Tensor, a: tf.Tensor, i: tf.Tensor, b: tf.Tensor) => {
          const [floats, whole, flags] = [lay(a, rows), lay(i, rows), lay(b, rows)]
          const base = tf.fill(shape, 7)
          const rank1 = axes === 1 && outer.length === 1
          // One place is a vector for some kernels.
          const sparse = tf.reshape(k, [-1, axes]) as tf.Tensor2D
          return {
            sums: tf.scatterND(k, floats, shape),
            integers: tf.scatterND(k, whole, shape),
            replaced: tf.tensorScatterUpdate(base, k, floats),
            replacedIntegers: tf.tensorScatterUpdate(tf.cast(base, 'int32'), k, whole),
            replacedFlags: tf.tensorScatterUpdate(tf.cast(base, 'bool'), k, flags),
            ...(axes === shape.length && {
              dense: tf.sparseToDense(sparse, tf.reshape(floats, [-1]) as tf.Tensor1D, shape as [number], 0.5),
              filled: tf.sparseToDense(sparse, tf.scalar(3, 'int32'), shape as [number]),
            }),
            ...(rank1 && { vector: tf.scatterND(tf.reshape(k, [-1]), floats, shape) }),
          }
        },
        [placesIn(shape, axes, outer, seed), normal(rows, seed), integers(-9, 9, rows, seed), booleans(rows, seed)],
      ),
    ),
    runs(25),
  ))

test('counts and sums of weights', () =>
  fc.assert(
    fc.asyncProperty(shapes(1, 2).chain(operand), fc.integer({ min: 1, max: 6 }), seeds, (x, size, seed) =>
      expectAgreement(
        (i: tf.Tensor, w: tf.Tensor, n: tf.Tensor) => {
          const [values, weights, whole] = [lay<tf.Tensor1D>(i, x), lay<tf.Tensor1D>(w, x), lay<tf.Tensor1D>(n, x)]
          return {
            weighted: tf.bincount(values, weights, size),
            integers: tf.bincount(values, whole, size),
            count: tf.bincount(values, [], size),
            rows: tf.denseBincount(values, weights, size),
            rowCounts: tf.denseBincount(values, [], size),
            // The cpu backend takes no notice of the flag for vectors.
            ...(x.shape.length === 2 && { seen: tf.denseBincount(values, weights, size, true) }),
          }
        },
        // Those that are too large count nowhere.
        [integers(0, 8, x, seed), normal(x, seed, 'weights'), integers(-5, 5, x, seed, 'n')],
      ),
    ),
    runs(15),
  ))

test('whether a number is there, in a vector', async () => {
  const seen = jit((x: tf.Tensor1D) => tf.denseBincount(x, [], 4, true), { engine: onnxRuntimeNode({ threads: 1 }) })
  const { data } = await seen(int32([2, 0, 2, 9]))
  expect([...data]).toEqual([1, 0, 1, 0])
  await seen.dispose()
})

test('many additions to the same place are all counted, by several threads too', async () => {
  const n = 400_000
  const count = jit((x: tf.Tensor1D) => tf.scatterND(tf.expandDims(x, 1), tf.ones([n]), [4]), {
    engine: onnxRuntimeNode({ threads: 2 }),
  })
  const places = int32(Array.from({ length: n }, (_, i) => i % 4))
  for (let i = 0; i < 3; i++) expect([...(await count(places)).data]).toEqual([n / 4, n / 4, n / 4, n / 4])
  await count.dispose()
})

test('no kernel is left out', () => {
  expect(Object.keys(scatterKernels).filter((name) => !compared.has(name))).toEqual([])
})
