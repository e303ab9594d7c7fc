import { flatten, isNDArray, type NDArray, sizeOf, type Tree } from '@cascade-diffusion/arrays'
import type { Node } from '../packages/jit/src/graph/graph.ts'
import { trace } from '../packages/jit/src/trace/trace.ts'

/**
 * The multiply-adds of convolutions, matrix products and attention in a function, gradients included, as if they were
 * computed directly: every tap of a filter at every position of the output. Element-wise operations are not counted.
 */
export function multiplyAdds(fn: (...args: never[]) => unknown, args: readonly unknown[]): number {
  const { leaves, shape } = flatten(args as Tree<NDArray>, isNDArray)
  return trace(fn, leaves, shape).graph.nodes.reduce((sum, node) => sum + multiplyAddsOf(node), 0)
}

function multiplyAddsOf({ op, inputs, outputs, attributes }: Node): number {
  const shapeOf = (i: number) => inputs[i]!.shape
  switch (op) {
    // Each of the two gradients of a convolution multiplies as often as the convolution.
    case 'Conv2D':
    case 'Conv2DBackpropInput':
    case 'Conv2DBackpropFilter': {
      const { n, outHeight, outWidth, outChannels, inChannels, size } = attributes.window as Record<string, number> & {
        size: readonly number[]
      }
      return n! * outHeight! * outWidth! * outChannels! * inChannels! * sizeOf(size)
    }
    case 'BatchMatMul':
      return sizeOf(outputs[0]!.shape) * shapeOf(0).at(attributes.transposeA ? -2 : -1)!
    // Scores and weighted means; each has two gradients.
    case 'Attention':
    case 'AttentionGrad': {
      const [q, k, v] = inputs.slice(-3).map((input) => input.shape)
      const products = sizeOf(q!.slice(0, -1)) * k!.at(-2)! * (q!.at(-1)! + v!.at(-1)!)
      return op === 'Attention' ? products : 2 * products
    }
    default:
      if (/Conv|MatMul|Einsum/.test(op)) throw new Error(`multiplyAdds: expected a known operation, got ${op}`)
      return 0
  }
}
