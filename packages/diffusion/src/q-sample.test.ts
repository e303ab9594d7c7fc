import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { qSample } from './q-sample.ts'
import { loadReference, relativeError } from './reference-fixture.ts'

test.each(['linear40-simple', 'cosine100-hybrid-respaced10'] as const)(
  'x_t is that of guided-diffusion, %s',
  async (name) => {
    const { process, images, numbers } = await loadReference(name)
    const [x0, noise] = [images('x0'), images('noise')].map((a) => tf.tensor4d(a.data, [4, 4, 4, 3]))
    const xt = qSample(process.schedule, x0!, tf.tensor1d(numbers('t'), 'int32'), noise!)
    expect(relativeError(xt.dataSync(), images('x_t').data)).toBeLessThan(1e-6)
  },
)
