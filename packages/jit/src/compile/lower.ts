import { CascadeError } from '@cascade-diffusion/checks'
import { earlyValues } from '../graph/early-values.ts'
import type { Graph } from '../graph/graph.ts'
import { kernels } from '../kernels/table.ts'
import { type Lengths, Lowering } from '../lower/lowering.ts'
import type { Target } from '../lower/target.ts'
import type { OnnxModel, OnnxNode } from '../onnx/model.ts'
import { fuseBias } from './fuse-bias.ts'
import { halfNodes } from './half-nodes.ts'

/**
 * Lowers a traced graph to ONNX for a target. Inputs are named `input0`, `input1`, …; outputs `output0`, `output1`, …
 * @param lengths for one of the models from which one for any batch size is made.
 */
export function lower(traced: Graph, target: Target, lengths?: Lengths): OnnxModel {
  const graph = fuseBias(traced)
  const lowering = new Lowering(target, lengths)
  const inputs = graph.inputs.map((value, i) => ({ name: `input${i}`, dtype: value.dtype, shape: value.shape }))
  graph.inputs.forEach((value, i) => {
    lowering.set(value, { name: `input${i}`, shape: value.shape })
  })
  const early = earlyValues(graph)
  const named: OnnxNode[] = []
  const scopes = counter()
  const half = halfNodes(graph, target)
  for (const node of graph.nodes) {
    const kernel = kernels[node.op]
    if (!kernel) throw new CascadeError('internal', `jit: there is no rule to lower '${node.op}'`)
    kernel.lower(lowering, node)
    name(lowering, named, scopes(node.op), half.has(node))
  }
  const results = graph.outputs.map((value) => lowering.at(value).name)
  name(lowering, named, 'Result')
  const placed = early.map((value) => lowering.placed(value).name)
  const [finished, called] = withOutputs(named, results)
  const outputs = graph.outputs.map((value, i) => ({ name: `output${i}`, dtype: value.dtype, shape: value.shape }))
  const nodes = needed(
    finished,
    outputs.map((o) => o.name),
  )
  const used = new Set(nodes.flatMap((n) => n.inputs))
  const made = new Set(nodes.flatMap((n) => n.outputs))
  return {
    nodes,
    initializers: lowering.initializers.filter((t) => used.has(t.name)),
    inputs,
    outputs,
    early: [...new Set(placed.map(called))].filter((name) => made.has(name)),
  }
}

/** Gives each thing of a kind its own name: `Conv`, `Conv_1`, `Conv_2`, … */
export function counter(): (kind: string) => string {
  const counts = new Map<string, number>()
  return (kind) => {
    const n = counts.get(kind) ?? 0
    counts.set(kind, n + 1)
    return n === 0 ? kind : `${kind}_${n}`
  }
}

/** Names the operators emitted last after the operation that they belong to, and marks those that may have 16 bits. */
function name(lowering: Lowering, named: OnnxNode[], scope: string, half = false): void {
  const within = counter()
  for (const node of lowering.nodes.slice(named.length))
    named.push({ ...node, name: `${scope}/${within(node.opType)}`, ...(half && { half }) })
}

/**
 * Renames results to `output0`, `output1`, …. An argument, a constant, or a result that is returned twice is copied.
 */
function withOutputs(
  nodes: readonly OnnxNode[],
  results: readonly string[],
): [OnnxNode[], called: (name: string) => string] {
  const made = new Set(nodes.flatMap((node) => node.outputs))
  const names = new Map<string, string>()
  const copies: OnnxNode[] = []
  results.forEach((result, i) => {
    const output = `output${i}`
    if (made.has(result) && !names.has(result)) names.set(result, output)
    else
      copies.push({
        opType: 'Identity',
        domain: '',
        inputs: [result],
        outputs: [output],
        attributes: {},
        name: `Result/Identity_${i}`,
      })
  })
  const called = (name: string) => names.get(name) ?? name
  const renamed = [...nodes, ...copies].map((node) => ({
    ...node,
    inputs: node.inputs.map(called),
    outputs: node.outputs.map(called),
  }))
  return [renamed, called]
}

/** The nodes whose results are used. Of several results that a rule has made, some may not be. */
function needed(nodes: readonly OnnxNode[], outputs: readonly string[]): OnnxNode[] {
  const used = new Set(outputs)
  const kept: OnnxNode[] = []
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => used.has(name))) continue
    for (const name of node.inputs) used.add(name)
    kept.push(node)
  }
  return kept.reverse()
}
