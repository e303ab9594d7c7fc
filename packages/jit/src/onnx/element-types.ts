import { CascadeError } from '@cascade-diffusion/checks'
import { type ElementType, elementTypes, type OnnxModel, type OnnxNode } from './model.ts'

const TRUTHS = new Set('And Equal Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Not Or Xor'.split(' '))

const INDICES = new Set('ArgMax ArgMin NonMaxSuppression NonZero Shape Size'.split(' '))

const coded = new Map(Object.entries(elementTypes).map(([name, code]) => [code as number, name as ElementType]))

/** The element types of a node's results, from those of its operands. All but a few operators give what they take first. */
export function resultTypes(node: OnnxNode, typeOf: (name: string) => ElementType): ElementType[] {
  const { opType, inputs, outputs, attributes } = node
  const all = (type: ElementType) => outputs.map(() => type)
  if (opType === 'Cast') return all(coded.get(attributes.to as number) as ElementType)
  if (TRUTHS.has(opType)) return all('bool')
  if (INDICES.has(opType)) return all('int64')
  const type = typeOf(inputs[opType === 'Where' ? 1 : 0] as string)
  if (opType === 'TopK' || opType === 'MaxPool') return outputs.map((_, i) => (i === 0 ? type : 'int64'))
  return all(type)
}

/** The element type of every tensor of a model, by name. */
export function typesOf({ initializers, inputs, nodes }: OnnxModel): Map<string, ElementType> {
  const types = new Map([...initializers, ...inputs].map(({ name, dtype }) => [name, dtype]))
  const typeOf = (name: string) => {
    const type = types.get(name)
    if (!type) throw new CascadeError('input', `jit: expected '${name}' to be made before it is used`)
    return type
  }
  for (const node of nodes)
    resultTypes(node, typeOf).forEach((type, i) => {
      types.set(node.outputs[i] as string, type)
    })
  return types
}
