import type { OnnxInitializer, OnnxModel, OnnxNode } from '../../onnx/model.ts'

/** Operators for which WGSL promises no more than 11 bits. An embedding of times would be far off. */
const INEXACT = new Set(['Sin', 'Cos', 'Tan'])

/**
 * The names of the operators that run on the processor instead, because ONNX Runtime's WebGPU provider accepts them but
 * computes them wrongly (transposed convolutions in groups), inexactly, or not at all (transposed convolutions of
 * volumes).
 */
export const namesForCpu = ({ nodes }: OnnxModel): string[] =>
  nodes
    .filter(({ opType, attributes }) => {
      const { group, kernel_shape: size } = attributes
      if (opType !== 'ConvTranspose') return INEXACT.has(opType)
      return (group as number) > 1 || (size as readonly number[]).length > 2
    })
    .flatMap(({ name }) => name ?? [])

/** Each tensor of an operator is a storage buffer of its shader. Every GPU has 8. */
const MOST_PARTS = 7

/**
 * The same model, in which a tensor that is split into many parts is split into a few first, and these are split again.
 */
export function splitByFew(model: OnnxModel): OnnxModel {
  const constants = new Map(model.initializers.map((tensor) => [tensor.name, tensor]))
  const added: OnnxInitializer[] = []
  const split = (node: OnnxNode): OnnxNode[] => {
    const [x, sizesName = ''] = node.inputs
    const sizes = constants.get(sizesName)?.data as BigInt64Array | undefined
    if (node.opType !== 'Split' || node.outputs.length <= MOST_PARTS || !sizes) return [node]
    const count = Math.ceil(sizes.length / MOST_PARTS)
    const parts = Array.from({ length: count }, (_, i) => ({
      from: i * MOST_PARTS,
      to: Math.min((i + 1) * MOST_PARTS, sizes.length),
      name: `${node.outputs[0]}_parts_${sizes.length}_${i}`,
    }))
    const constant = (name: string, data: BigInt64Array) => {
      const tensor = { name: `${name}_sizes`, dtype: 'int64', shape: [data.length], data } as const
      added.push(tensor)
      constants.set(tensor.name, tensor)
      return tensor.name
    }
    const sums = BigInt64Array.from(parts, ({ from, to }) => sizes.slice(from, to).reduce((sum, n) => sum + n, 0n))
    const named = (name: string) => (node.name === undefined ? {} : { name: `${node.name}_${name}` })
    const whole = {
      ...node,
      ...named(`${sizes.length}`),
      inputs: [x as string, constant(`${node.outputs[0]}_${sizes.length}`, sums)],
      outputs: parts.map(({ name }) => name),
    }
    const rest = parts.map(({ from, to, name }, i) => ({
      ...node,
      ...named(`${sizes.length}_${i}`),
      inputs: [name, constant(name, sizes.slice(from, to))],
      outputs: node.outputs.slice(from, to),
    }))
    return [...split(whole), ...rest]
  }
  const nodes = model.nodes.flatMap(split)
  return { ...model, nodes, initializers: [...model.initializers, ...added] }
}
