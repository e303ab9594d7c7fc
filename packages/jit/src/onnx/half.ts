import { resultTypes, typesOf } from './element-types.ts'
import { halfNumbers } from './half-numbers.ts'
import { elementTypes, type HalfPrecision, type OnnxInitializer, type OnnxModel, type OnnxNode } from './model.ts'
import { operatorOf } from './operators.ts'

/**
 * Makes the nodes of a model that may compute in 16 bits ({@link OnnxNode.half}) do so. Inputs and outputs stay as they
 * are. The constants of these nodes get 16 bits, and casts are put between 16 and 32 bits.
 */
export function toHalf(model: OnnxModel, precision: HalfPrecision): OnnxModel {
  const types = typesOf(model)
  const constants = new Map(model.initializers.map((tensor) => [tensor.name, tensor]))
  const isFloat = (name: string) => types.get(name) === 'float32'
  /** The tensors that have 16 bits, and the names of what tensors were cast to. */
  const half = new Set<string>()
  const cast = new Map<string, string>()
  const nodes: OnnxNode[] = []
  const added: OnnxInitializer[] = []

  const as = (type: HalfPrecision | 'float32') => (name: string) => {
    if (!isFloat(name) || half.has(name) === (type === precision)) return name
    const known = cast.get(name)
    if (known !== undefined) return known
    const other = `${name}:${type}`
    cast.set(name, other)
    const constant = constants.get(name)
    if (constant) added.push(narrowed(constant, other, precision))
    else nodes.push(castNode(name, other, type))
    return other
  }

  for (const { half: may = false, ...node } of model.nodes) {
    const [first = ''] = node.inputs
    const operator = operatorOf(node.opType)
    const moved = operator.half === 'moves' && half.has(first)
    const allowed = precision === 'float16' || operator.bfloat16
    const narrow = allowed && (moved || (may && operator.half !== 'never'))
    const toFloat = node.opType === 'Cast' && node.attributes.to === elementTypes.float32
    const inputs = operator.half === 'any' ? node.inputs : node.inputs.map(as(narrow ? precision : 'float32'))
    const attributes = toFloat && narrow ? { ...node.attributes, to: elementTypes[precision] } : node.attributes
    nodes.push({ ...node, inputs, attributes })
    if (narrow)
      resultTypes(node, (name) => types.get(name) ?? 'float32').forEach((type, i) => {
        if (type === 'float32') half.add(node.outputs[i] as string)
      })
  }
  return finished({ ...model, nodes, initializers: [...model.initializers, ...added] }, half, precision)
}

/**
 * Stores the constants of nodes that may compute in 16 bits in 16 bits, while the nodes compute in float32: each
 * constant is cast. For bfloat16, ONNX Runtime's CPU provider has that cast and no other operator.
 */
export function storedInHalf(model: OnnxModel, precision: HalfPrecision): OnnxModel {
  const takers = model.nodes.filter(({ half, opType }) => {
    const kind = operatorOf(opType).half
    return half && kind !== 'never' && kind !== 'any'
  })
  const taken = new Set(takers.flatMap(({ inputs }) => inputs))
  const stored = model.initializers.filter(
    ({ name, dtype, data }) => dtype === 'float32' && data.length > 1 && taken.has(name),
  )
  const wide = new Map(stored.map(({ name }) => [name, `${name}:float32`]))
  const nodes = model.nodes.map(({ half: _, ...node }) => ({
    ...node,
    inputs: node.inputs.map((name) => wide.get(name) ?? name),
  }))
  return {
    ...model,
    nodes: [...Array.from(wide, ([name, to]) => castNode(name, to, 'float32')), ...nodes],
    initializers: model.initializers.map((tensor) =>
      wide.has(tensor.name) ? narrowed(tensor, tensor.name, precision) : tensor,
    ),
  }
}

const castNode = (from: string, to: string, type: HalfPrecision | 'float32'): OnnxNode => ({
  opType: 'Cast',
  domain: '',
  inputs: [from],
  outputs: [to],
  attributes: { to: elementTypes[type] },
  name: `${to}/Cast`,
})

const narrowed = ({ shape, data }: OnnxInitializer, name: string, dtype: HalfPrecision): OnnxInitializer => ({
  name,
  dtype,
  shape,
  data: halfNumbers(data as Float32Array, dtype),
})

/**
 * Casts outputs that have 16 bits back to what they were. Constants that are no longer used in 32 bits are removed, and
 * those in 16 bits take their names.
 */
function finished(model: OnnxModel, half: ReadonlySet<string>, precision: HalfPrecision): OnnxModel {
  const used = new Set(model.nodes.flatMap((node) => node.inputs))
  const narrow = (name: string) => `${name}:${precision}`
  const outputs = model.outputs.map(({ name }) => name).filter((name) => half.has(name))
  const names = new Map(outputs.map((name) => [name, narrow(name)]))
  for (const { name } of model.initializers) if (!used.has(name)) names.set(narrow(name), name)
  const call = (name: string) => names.get(name) ?? name
  const nodes = model.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(call),
    outputs: node.outputs.map(call),
  }))
  return {
    ...model,
    nodes: [...nodes, ...outputs.map((name) => castNode(narrow(name), name, 'float32'))],
    initializers: model.initializers
      .filter(({ name }) => used.has(name))
      .map((tensor) => ({ ...tensor, name: call(tensor.name) })),
  }
}
