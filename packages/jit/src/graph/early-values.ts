import type { Graph, Value } from './graph.ts'

/** Operations between a value and its first use that make it an early one. */
const WAIT = 30

/**
 * Values that are used only long after they are made, in the order of their making, such as the gradients of weights: those
 * come along the way back through a network and are used at its end. Whoever orders operations anew does well to keep to it:
 * made later, they would keep alive what they are made of, which is larger.
 */
export function earlyValues(graph: Graph): Value[] {
  const firstUse = new Map<Value, number>()
  graph.nodes.forEach(({ inputs }, i) => {
    for (const value of inputs) if (!firstUse.has(value)) firstUse.set(value, i)
  })
  return graph.nodes.flatMap(({ op, inputs, outputs }, i) =>
    op === 'Constant' || op === 'Splat' || inputs.length === 0
      ? []
      : outputs.filter((value) => (firstUse.get(value) ?? Number.POSITIVE_INFINITY) - i > WAIT),
  )
}
