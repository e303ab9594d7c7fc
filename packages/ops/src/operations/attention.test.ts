import '@tensorflow/tfjs-backend-cpu'
import '../gradients.ts'
import { test } from 'vitest'
import { checkOp } from '../check-op.ts'
import { attention } from './attention.ts'

function reference(q: Float64Array, k: Float64Array, v: Float64Array, [b, l, m, d, e]: number[]) {
  const y = new Float64Array(b! * l! * e!)
  for (let batch = 0; batch < b!; batch++)
    for (let i = 0; i < l!; i++) {
      const weights = Array.from({ length: m! }, (_, j) => {
        let dot = 0
        for (let a = 0; a < d!; a++) dot += q[(batch * l! + i) * d! + a]! * k[(batch * m! + j) * d! + a]!
        return Math.exp(dot / Math.sqrt(d!))
      })
      const total = weights.reduce((sum, x) => sum + x, 0)
      for (let j = 0; j < m!; j++)
        for (let a = 0; a < e!; a++)
          y[(batch * l! + i) * e! + a]! += (weights[j]! / total) * v[(batch * m! + j) * e! + a]!
    }
  return y
}

test.each([
  ['one head', [2], [2, 3, 3, 4, 4]],
  ['several heads, values of another depth, more keys than queries', [2, 2], [4, 3, 5, 4, 2]],
])('averages values by the softmax of scaled dot products: %s', (_, lead, dims) => {
  const [, l, m, d, e] = dims as [number, number, number, number, number]
  checkOp({
    shapes: [
      [...lead, l, d],
      [...lead, m, d],
      [...lead, m, e],
    ],
    op: (q, k, v) => attention(q!, k!, v!),
    reference: (q, k, v) => reference(q!, k!, v!, dims),
    scale: 2,
  })
})
