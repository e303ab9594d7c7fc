import type { OnnxInitializer, OnnxModel, OnnxNode } from '../../onnx/model.ts'
import { withSequence } from './uncopied.ts'

/**
 * A large model so written that ONNX Runtime's processor provider takes less memory for it, and a sequence for its first output
 * ({@link withSequence}). To be used without its optimiser, which would undo it.
 */
export const frugal = (model: OnnxModel): OnnxModel => inOrder(withoutShapes(model))

/**
 * ONNX Runtime does not keep to the order of a file: it walks back from the last operator whose result is not used, and from
 * the last operand of each. So the early values come, the first of them last, as operands of such an operator; what stands
 * for each is its shape, of which no axis is taken.
 */
function inOrder(model: OnnxModel): OnnxModel {
  const early = model.early ?? []
  if (early.length === 0) return withSequence(model)
  const shapes = early.map((value, i): OnnxNode => {
    const name = `order/${i}`
    return { opType: 'Shape', domain: '', inputs: [value], outputs: [name], attributes: { start: 0, end: 0 }, name }
  })
  shapes.reverse()
  const inputs = shapes.flatMap(({ outputs }) => outputs)
  const order = { opType: 'Concat', domain: '', inputs, outputs: ['order'], attributes: { axis: 0 }, name: 'order' }
  return withSequence({ ...model, nodes: [...model.nodes, ...shapes, order] }, 'order')
}

/**
 * What has the same shape as something that is no longer needed is given its memory, which therefore nothing else can use in
 * between: in the end each shape has memory of its own. What has no shape that is known beforehand, not even its rank, is not
 * so paired. So the shapes that tensors take are parts of one constant here, cut by an operator at lengths that are computed.
 */
function withoutShapes(model: OnnxModel): OnnxModel {
  const taken = new Set(model.nodes.flatMap(({ opType, inputs }) => (opType === 'Reshape' ? inputs.slice(1) : [])))
  const shapes = model.initializers.filter(({ name }) => taken.has(name))
  if (shapes.length < 2) return model
  const ints = (name: string, values: readonly bigint[]): OnnxInitializer => ({
    name,
    dtype: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values),
  })
  const ranks: OnnxNode = {
    opType: 'Abs',
    domain: '',
    inputs: ['rank'],
    outputs: ['ranks'],
    attributes: {},
    name: 'ranks',
  }
  const cut: OnnxNode = {
    opType: 'Split',
    domain: '',
    inputs: ['shapes', 'ranks'],
    outputs: shapes.map(({ name }) => name),
    attributes: { axis: 0 },
    name: 'shapes',
  }
  return {
    ...model,
    nodes: [ranks, cut, ...model.nodes],
    initializers: [
      ...model.initializers.filter(({ name }) => !taken.has(name)),
      ints(
        'shapes',
        shapes.flatMap(({ data }) => [...(data as BigInt64Array)]),
      ),
      ints(
        'rank',
        shapes.map(({ data }) => BigInt(data.length)),
      ),
    ],
  }
}
