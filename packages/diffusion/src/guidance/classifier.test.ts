import '@tensorflow/tfjs-backend-cpu'
import { type Compile, float32, int32 } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { logDensities, mixture, mixtureNetwork, mixtureProcess } from '../mixture-fixture.ts'
import { denoiser } from '../model/denoiser.ts'
import { keepX0 } from '../model/process-x0.ts'
import { relativeError } from '../reference-fixture.ts'
import { createSampler } from '../sampling/driver.ts'
import { heun } from '../sampling/samplers/heun.ts'
import { classifierGuidance } from './classifier.ts'

interface Condition {
  readonly label: tf.Tensor1D
}
const model = { network: mixtureNetwork, process: mixtureProcess }
/** Of all of the mixture. */
const unguided = denoiser<Condition>(
  { network: (xt, noise) => mixtureNetwork(xt, noise, undefined), process: mixtureProcess },
  { processX0: keepX0 },
)
/** The exact classifier: Bayes' rule for the component that a noisy point belongs to. */
const logProbability = (xt: tf.Tensor4D, logSnr: tf.Tensor1D, { label }: Condition): tf.Tensor => {
  const logShares = tf.logSoftmax(logDensities(xt, logSnr))
  return tf.sum(tf.mul(logShares, tf.oneHot(label, mixture.length, 1, 0, 'float32')), 1)
}

const common = { process: mixtureProcess, sampler: heun() }
const run = {
  shape: [6, 1, 1, 2],
  condition: { label: int32([0, 1, 2, 0, 1, 2]) },
  rng: rng(4),
  steps: [1, 0.8, 0.6, 0.4, 0.2],
}

test.each([
  ['eagerly', eager as Compile],
  ['compiled', jit as Compile],
])('guided by the exact classifier, all of the mixture is sampled as the component is, %s', async (_, compile) => {
  const guided = createSampler<Condition>({
    denoiser: classifierGuidance(unguided, { logProbability }),
    compile,
    ...common,
  })
  const conditional = createSampler<Condition>({ ...model, ...common, compile, processX0: keepX0 })
  expect(relativeError((await guided.sample(run)).data, (await conditional.sample(run)).data)).toBeLessThan(1e-4)
  await Promise.all([guided.dispose(), conditional.dispose()])
})

test('the scale sets the strength', async () => {
  const x0 = (scale: number) =>
    eager((xt: tf.Tensor4D, noiseInput: tf.Tensor1D, condition: Condition) => {
      const level = { noiseInput, alpha: tf.scalar(0.6), sigma: tf.scalar(0.8) }
      return classifierGuidance(unguided, { logProbability, scale })(xt, level, condition).x0
    })(float32([0.3, -0.2], [1, 1, 1, 2]), float32([2 * Math.log(0.75)]), { label: int32([1]) })
  const [none, one, three] = await Promise.all([x0(0), x0(1), x0(3)])
  none.data.forEach((from, i) => void expect(three.data[i]! - from).toBeCloseTo(3 * (one.data[i]! - from), 4))
  expect(() => classifierGuidance(unguided, { logProbability, scale: Infinity })).toThrow(
    'a finite scale, got Infinity',
  )
})
