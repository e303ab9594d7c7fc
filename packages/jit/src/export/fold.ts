import { sizeOf } from '@cascade-diffusion/arrays'
import type { OnnxInitializer, OnnxNode } from '../onnx/model.ts'

/** The constants of a model by name. */
export interface Constants {
  readonly tensors: Map<string, OnnxInitializer>
  /** The weights among them, and what was made of these: what they are to be called. */
  readonly weights: Map<string, string>
}

function derive({ tensors, weights }: Constants, from: OnnxInitializer, tensor: OnnxInitializer): void {
  tensors.set(tensor.name, tensor)
  const weight = weights.get(from.name)
  if (weight !== undefined) weights.set(tensor.name, weight)
}

type Data = OnnxInitializer['data']

/** Does transposes and reshapes of constants once and for all: weights then lie as the operators that take them want them. */
export function foldMoves(nodes: readonly OnnxNode[], constants: Constants): readonly OnnxNode[] {
  return nodes.filter((node) => {
    const [x, shape] = node.inputs.map((name) => constants.tensors.get(name))
    const name = node.outputs[0] as string
    if (node.opType === 'Transpose' && x)
      derive(constants, x, { ...transposed(x, node.attributes.perm as number[]), name })
    else if (node.opType === 'Reshape' && x && shape)
      derive(constants, x, { ...x, name, shape: reshaped(x.shape, Array.from(shape.data as BigInt64Array, Number)) })
    else return true
    return false
  })
}

function reshaped(from: readonly number[], to: readonly number[]): number[] {
  const known = to.reduce((n, d) => (d === -1 ? n : n * d), 1)
  return to.map((d) => (d === -1 ? sizeOf(from) / known : d))
}

function transposed({ data, ...x }: OnnxInitializer, perm: readonly number[]): OnnxInitializer {
  const shape = perm.map((axis) => x.shape[axis] as number)
  const strides = perm.map((axis) => sizeOf(x.shape.slice(axis + 1)))
  const result = data.slice() as Data
  let to = 0
  const copy = (axis: number, from: number): void => {
    if (axis === shape.length) result[to++] = data[from] as never
    else for (let i = 0; i < (shape[axis] as number); i++) copy(axis + 1, from + i * (strides[axis] as number))
  }
  copy(0, 0)
  return { ...x, shape, data: result }
}

/** Makes the addition of a constant for each output channel to a convolution the convolution's own bias. */
export function foldBiases(
  nodes: readonly OnnxNode[],
  constants: Constants,
  results: ReadonlySet<string>,
): readonly OnnxNode[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  const uses = useCounts(nodes)
  const gone = new Set<OnnxNode>()
  const folded = nodes.map((node) => {
    if (node.opType !== 'Add') return node
    for (const [name, other] of [node.inputs, [...node.inputs].reverse()] as [string, string][]) {
      const conv = makers.get(name)
      const bias = constants.tensors.get(other)
      if (conv?.opType !== 'Conv' || conv.inputs.length !== 2 || uses.get(name) !== 1 || results.has(name) || !bias)
        continue
      const channels = constants.tensors.get(conv.inputs[1] as string)?.shape[0]
      const isBias = bias.shape[1] === channels && bias.shape.every((d, axis) => axis === 1 || d === 1)
      if (bias.shape.length !== 4 || !isBias) continue
      const vector = `${other}/vector`
      derive(constants, bias, { ...bias, name: vector, shape: [channels as number] })
      gone.add(conv)
      return { ...conv, inputs: [...conv.inputs, vector], outputs: node.outputs }
    }
    return node
  })
  return folded.filter((node) => !gone.has(node))
}

/** How many operands each tensor is. */
export function useCounts(nodes: readonly OnnxNode[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of nodes.flatMap((node) => node.inputs)) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
