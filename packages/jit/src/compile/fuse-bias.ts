import { sizeOf } from '@cascade-diffusion/arrays'
import type { Graph, Node, Value } from '../graph/graph.ts'
import { kernels } from '../kernels/table.ts'

/**
 * Turns one number per channel that is added to a convolution's result into the convolution's third input. Every target
 * adds a bias more cheaply than by another pass over the result. A result that is also used without the bias is left
 * alone.
 */
export function fuseBias(graph: Graph): Graph {
  const uses = new Map<Value, number>()
  for (const value of [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs])
    uses.set(value, (uses.get(value) ?? 0) + 1)

  const fused = new Map<Node, Node>()
  const gone = new Set<Node>()
  for (const sum of graph.nodes) {
    if (sum.op !== 'Add') continue
    const [a, b] = sum.inputs as [Value, Value]
    for (const [image, bias] of [
      [a, b],
      [b, a],
    ] as const) {
      const convolution = image.node
      if (!convolution || !kernels[convolution.op]?.takesBias) continue
      if (uses.get(image) !== 1 || !isBias(bias, image)) continue
      fused.set(sum, { ...convolution, inputs: [...convolution.inputs, bias], outputs: sum.outputs })
      gone.add(convolution)
      break
    }
  }
  return { ...graph, nodes: graph.nodes.filter((node) => !gone.has(node)).map((node) => fused.get(node) ?? node) }
}

/** Whether a value has one number for each channel of an image. */
const isBias = ({ shape, dtype }: Value, image: Value): boolean =>
  dtype === 'float32' && shape.length > 0 && sizeOf(shape) === shape.at(-1) && shape.at(-1) === image.shape.at(-1)
