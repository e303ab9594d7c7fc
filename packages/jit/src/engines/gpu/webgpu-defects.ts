import type { OnnxInitializer, OnnxModel, OnnxNode } from '../../onnx/model.ts'

/** Of what WGSL promises no more than 11 bits: an embedding of times would be far off. */
const INEXACT = new Set(['Sin', 'Cos', 'Tan'])

/**
 * The operators of a model that ONNX Runtime's WebGPU provider takes but computes wrong (transposed convolutions in groups)
 * or inexactly, or refuses when it runs (transposed convolutions of volumes): the processor does them instead.
 */
export const namesForCpu = ({ nodes }: OnnxModel): string[] =>
  nodes
    .filter(({ opType, attributes }) => {
      const { group, kernel_shape: size } = attributes
      if (opType !== 'ConvTranspose') return INEXACT.has(opType)
      return (group as number) > 1 || (size as readonly number[]).length > 2
    })
    .flatMap(({ name }) => name ?? [])

/** Each tensor of an operator is a storage buffer of its shader, of which every GPU has 8. */
const MOST_PARTS = 7

/** The same model with tensors that are split into many parts split into a few first, and these into theirs. */
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
