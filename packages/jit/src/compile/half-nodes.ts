import type { Graph, Node, Value } from '../graph/graph.ts'
import type { Operand, Width } from '../kernels/half.ts'
import { kernels } from '../kernels/table.ts'
import type { Target } from '../lower/target.ts'

/**
 * The nodes of a graph that may compute in 16 bits, by the rules of their kernels (`half`). Arguments have 32 bits. An
 * operation computes in 32 bits if it combines the elements of an argument with those of a result one by one (a loss
 * with its target, a sampler with its image, an optimizer with its weights), or scales by an argument of a single
 * number (a loss scale). An argument that is repeated over a result (a bias) adapts to the result. So does a constant
 * that fits into 16 bits.
 */
export function halfNodes(graph: Graph, target: Target): ReadonlySet<Node> {
  const widths = new Map<Value, Width>(graph.inputs.map((value) => [value, 'full']))
  const nodes = new Set<Node>()
  for (const node of graph.nodes) {
    const half = kernels[node.op]?.half
    const floats = node.inputs.filter(({ dtype }) => dtype === 'float32')
    const operands = floats.map((value): Operand => ({ value, width: widths.get(value) as Width }))
    const computes = operands.length > 0 && half?.computes(node, operands, target)
    if (computes) nodes.add(node)
    const width: Width = operands.every((operand) => operand.width === 'free') ? 'free' : 'full'
    const stored = operands[0]?.width === 'half' ? 'half' : width
    node.outputs.forEach((value, i) => {
      if (computes) widths.set(value, 'half')
      else if (half?.stores === undefined) widths.set(value, width)
      else widths.set(value, i < half.stores ? stored : 'full')
    })
  }
  return nodes
}
