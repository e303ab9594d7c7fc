import '@tensorflow/tfjs-backend-cpu'
import { ndarray } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { cosineSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { denoiser } from '../model/denoiser.ts'
import { keepX0 } from '../model/process-x0.ts'
import type { DiffusionProcess } from '../process/process.ts'
import { createSampler } from '../sampling/driver.ts'
import { repaintRestarts } from '../sampling/restart.ts'
import { ancestral } from '../sampling/samplers/ancestral.ts'
import { stepsDown } from '../sampling/steps.ts'
import { inpainting } from './inpainting.ts'

const process: DiffusionProcess = {
  schedule: cosineSchedule(40),
  prediction: 'x0',
  variance: 'fixed-small',
  noiseInput: 'noise-level',
}

/** The exact network of pairs of standard normal numbers with correlation 0.8: Σ α (α² Σ + σ² I)⁻¹ x_t. */
const network = (xt: tf.Tensor4D, alpha: tf.Tensor1D): tf.Tensor4D => {
  const [x, y] = tf.split(xt, 2, 3) as [tf.Tensor4D, tf.Tensor4D]
  const a = tf.reshape(alpha, [-1, 1, 1, 1])
  // Along (1, 1) and (1, -1) the variances are 1.8 and 0.2.
  const along = (variance: number, v: tf.Tensor4D) => {
    const a2 = tf.square(a)
    return tf.div(tf.mul(v, tf.mul(a, variance)), tf.add(tf.mul(a2, variance), tf.sub(1, a2)))
  }
  const [sum, difference] = [along(1.8, tf.add(x, y)), along(0.2, tf.sub(x, y))]
  return tf.div(tf.concat([tf.add(sum, difference), tf.sub(sum, difference)], 3), 2) as tf.Tensor4D
}

test('keeps the known part, and resampling draws the rest from its conditional distribution', async () => {
  const n = 1500
  const shape = [n, 1, 1, 2]
  const pairs = (first: number, second: number) =>
    ndarray(
      Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 ? second : first)),
      shape,
    )
  const model = createSampler({
    denoiser: inpainting(denoiser<undefined>({ network, process }, { processX0: keepX0 })),
    process,
    sampler: ancestral(),
    compile: jit,
  })
  const condition = { known: pairs(1.5, 99), mask: pairs(1, 0), condition: undefined }
  const unknown = async (times: number) => {
    const restarts = repaintRestarts(stepsDown(39), { jump: 5, times })
    const { data } = await model.sample({ shape, condition, rng: rng(6), restarts })
    for (let i = 0; i < n; i++) expect(data[2 * i]).toBeCloseTo(1.5, 4)
    const values = data.filter((_, i) => i % 2)
    const mean = values.reduce((sum, v) => sum + v, 0) / n
    return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n }
  }
  // Given 1.5, the other is normal with mean 1.2 and variance 0.36.
  const [once, often] = [await unknown(1), await unknown(10)]
  expect(Math.abs(often.mean - 1.2)).toBeLessThan(0.1)
  expect(Math.abs(often.variance - 0.36)).toBeLessThan(0.1)
  expect(Math.abs(once.mean - 1.2)).toBeGreaterThan(2 * Math.abs(often.mean - 1.2))
  await model.dispose()
})
