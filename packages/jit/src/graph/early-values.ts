import type { Graph, Value } from './graph.ts'

/** A value is early if more operations than this lie between it and its first use. */
const WAIT = 30

/**
 * The values that are used long after they are made, in the order in which they are made. Gradients of weights are
 * such: they are made on the way back through a network, and used at the end. An engine that reorders operations should
 * keep their order. If it made them later, their operands, which are larger, would occupy memory until then.
 */
export function earlyValues(graph: Graph): Value[] {
  const firstUse = new Map<Value, number>()
  graph.nodes.forEach(({ inputs }, i) => {
    for (const value of inputs) if (!firstUse.has(value)) firstUse.set(value, i)
  })
  return graph.nodes.flatMap(({ inputs, outputs }, i) =>
    inputs.length === 0 ? [] : outputs.filter((value) => (firstUse.get(value) ?? Number.POSITIVE_INFINITY) - i > WAIT),
  )
}
