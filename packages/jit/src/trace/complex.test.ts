import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jit } from '../jit.ts'
import { kernels } from '../kernels/table.ts'
import { compared, expectAgreement } from '../testing/agreement.ts'
import { lay, normal, operands, runs, seeds } from '../testing/arbitraries.ts'

/** Results are real: the two parts of a complex one. */
const parts = (z: tf.Tensor) => ({ real: tf.real(z), imag: tf.imag(z) })

/** Traced, complex tensors go through; on the cpu backend, which has no such kernel for them, their parts do. */
const moved = (z: tf.Tensor, op: (t: tf.Tensor) => tf.Tensor) =>
  tf.getBackend() === 'trace' ? op(z) : tf.complex(op(tf.real(z)), op(tf.imag(z)))

test('arithmetic and moves of complex tensors', () =>
  fc.assert(
    fc.asyncProperty(operands(1, 3), seeds, (x, seed) =>
      expectAgreement(
        (...arrays: tf.Tensor[]) => {
          const [a, b, c, d] = arrays.map((t) => lay(t, x)) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
          const [z, w] = [tf.complex(a, b), tf.complex(c, d)]
          return {
            sum: parts(tf.add(z, w)),
            difference: parts(tf.sub(z, w)),
            product: parts(tf.mul(z, w)),
            mixed: parts(tf.mul(z, tf.cast(c, 'complex64'))),
            length: tf.abs(z),
            joined: parts(tf.concat([z, w], -1)),
            part: parts(moved(z, (t) => tf.slice(t, 0, 1))),
            reversed: parts(moved(z, (t) => tf.reverse(t))),
            total: parts(moved(z, (t) => tf.sum(t, -1))),
            padded: parts(
              moved(z, (t) =>
                tf.pad(
                  t,
                  t.shape.map(() => [1, 0] as [number, number]),
                ),
              ),
            ),
            copy: parts(tf.clone(z)),
            zeros: parts(tf.zerosLike(z)),
            float: tf.cast(z, 'float32'),
            // At last: on the cpu backend the operand then has another shape too.
            reshaped: parts(tf.reshape(z, [-1])),
          }
        },
        ['a', 'b', 'c', 'd'].map((label) => normal(x, seed, label)),
      ),
    ),
    runs(12),
  ))

test('Fourier transforms of any length, and their inverses', () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 17 }), fc.integer({ min: 1, max: 3 }), seeds, (n, rows, seed) => {
      const x = { shape: [rows, n], perm: [0, 1] }
      return expectAgreement(
        (a: tf.Tensor2D, b: tf.Tensor2D) => {
          const z = tf.complex(a, b)
          return {
            fft: parts(tf.fft(z)),
            ifft: parts(tf.ifft(z)),
            back: parts(tf.ifft(tf.fft(z))),
            rfft: parts(tf.rfft(a)),
            padded: parts(tf.rfft(a, n + 3)),
            ...(n > 1 && { irfft: tf.irfft(tf.rfft(a)) }),
          }
        },
        [normal(x, seed, 'a'), normal(x, seed, 'b')],
        { tolerance: 1e-5 },
      )
    }),
    runs(12),
  ))

test('what only real tensors can do is refused', async () => {
  const x = normal({ shape: [2], perm: [0] }, 1)
  await expect(jit((a: tf.Tensor) => tf.exp(tf.complex(a, a)))(x)).rejects.toThrow(
    "jit: 'Exp' cannot be traced: expected real tensors, got complex ones",
  )
  await expect(jit((a: tf.Tensor) => tf.complex(a, a))(x)).rejects.toThrow(
    "jit: expected a real tensor for 'the result', got a complex one of shape [2]; use tf.real and tf.imag",
  )
})

test('no kernel is left out', () => {
  expect(Object.keys(kernels).filter((name) => kernels[name]?.alwaysComplex && !compared.has(name))).toEqual([])
})
