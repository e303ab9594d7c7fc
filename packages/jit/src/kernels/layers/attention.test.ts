import { attention } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu, portable } from '../../lower/target.ts'
import { expectAgreement, expectClose, gradientsOf, runOn } from '../../testing/agreement.ts'
import { dimension, lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'

const cases = fc
  .record({ lead: fc.array(dimension, { maxLength: 2 }), l: dimension, m: dimension, d: dimension, e: dimension })
  .chain(({ lead, l, m, d, e }) =>
    fc.record({ q: operand([...lead, l, d]), k: operand([...lead, m, d]), v: operand([...lead, m, e]), seed: seeds }),
  )

test('values and gradients', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ q, k, v, seed }) => {
      const attend = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => attention(lay(a, q), lay(b, k), lay(c, v))
      return expectAgreement(
        (...args: [tf.Tensor, tf.Tensor, tf.Tensor]) => ({
          value: attend(...args),
          gradients: gradientsOf(attend)(...args),
        }),
        [normal(q, seed, 'q'), normal(k, seed, 'k'), normal(v, seed, 'v')],
      )
    }),
    runs(25),
  ))

test('a few matrices at a time give what all at once do', async () => {
  const draw = (label: string) => rng(1).fold(label).normal([3, 4, 256, 8])
  const args = [draw('q'), draw('k'), draw('v')]
  const fn = (...t: [tf.Tensor, tf.Tensor, tf.Tensor]) => ({
    value: attention(...t),
    gradients: gradientsOf(attention)(...t),
  })
  const whole = { ...cpu, blockSize: Number.POSITIVE_INFINITY }
  expectClose(await runOn(cpu, fn, args), await runOn(whole, fn, args), 1e-6)
})

test('operands that do not fit together are refused', async () => {
  const fn = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.engine().runKernel('Attention', { q, k, v }) as tf.Tensor
  const args = [
    [2, 3],
    [2, 4],
    [2, 3],
  ].map((shape) => rng(1).normal(shape))
  await expect(runOn(portable, fn, args)).rejects.toThrow('expected q [..., L, D], k [..., M, D], v [..., M, E]')
})
