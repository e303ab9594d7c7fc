import { CascadeError } from '@cascade-diffusion/checks'
import type { ElementType, OnnxModel, OnnxNode } from './model.ts'
import { operatorOf } from './operators.ts'

/** The element types of a node's results, from those of its operands. */
export function resultTypes(node: OnnxNode, typeOf: (name: string) => ElementType): ElementType[] {
  const { opType, inputs, outputs, attributes } = node
  const operand = (index: number) => typeOf(inputs[index] as string)
  const type = operatorOf(opType).type ?? (() => operand(0))
  return outputs.map((_, i) => type(operand, attributes, i))
}

/** The element type of every tensor of a model, by name. */
export function typesOf({ initializers, inputs, nodes }: OnnxModel): Map<string, ElementType> {
  const types = new Map([...initializers, ...inputs].map(({ name, dtype }) => [name, dtype]))
  const typeOf = (name: string) => {
    const type = types.get(name)
    if (!type) throw new CascadeError('internal', `jit: expected '${name}' to be made before it is used`)
    return type
  }
  for (const node of nodes)
    resultTypes(node, typeOf).forEach((type, i) => {
      types.set(node.outputs[i] as string, type)
    })
  return types
}
