import { createRequire } from 'node:module'
import { CascadeError } from '@cascade-diffusion/checks'
import type * as Tfjs from '@tensorflow/tfjs-core'
import type { BackendName } from './backend-name.ts'
import { versionIn } from './locate.ts'
import { giveResult } from './run-module.ts'
import { loadBackend, useBackend } from './use-backend.ts'

// The process of `probeBackend`: computes a matrix product and a padded convolution with known results.
await giveResult(async () => {
  const [name, folder] = process.argv.slice(2) as [BackendName, string?]
  const used = folder
    ? await loadBackend(name, { name, folder, version: versionIn(folder), ours: true, complete: true })
    : await useBackend(name)
  const tf = createRequire(import.meta.url)('@tensorflow/tfjs-core') as typeof Tfjs
  const n = 256
  const product = tf.matMul(tf.fill([n, n], 0.5), tf.fill([n, n], 2))
  const convolution = tf.conv2d(tf.ones<Tfjs.Rank.R4>([1, 4, 4, 2]), tf.ones<Tfjs.Rank.R4>([3, 3, 2, 1]), 1, 1)
  const [sum, corner] = [(await tf.sum(product).data())[0], (await convolution.data())[0]]
  if (sum !== n ** 3 || corner !== 8)
    throw new CascadeError(
      'engine',
      `backend '${name}' computes wrongly: expected ${n ** 3} and 8, got ${sum} and ${corner}`,
    )
  return used
})
