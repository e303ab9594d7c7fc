import type { OnnxInitializer, OnnxModel, OnnxNode } from '../../onnx/model.ts'
import { withSequence } from './uncopied.ts'

/**
 * Rewrites a large model so that ONNX Runtime's CPU provider needs less memory for it. It also gets a sequence as its
 * first output ({@link withSequence}). It has to run without ONNX Runtime's optimiser, which would undo this.
 */
export const frugal = (model: OnnxModel): OnnxModel => inOrder(withoutShapes(model))

/**
 * Has ONNX Runtime make early values early. It does not run operators in the order of the file, but searches backwards,
 * depth first: from the last operator whose result is not used, through the last operand of each. So one such operator
 * is added at the end. Its operands stand for the early values, the first of them last. Each is an empty slice of a
 * value's shape.
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
 * Keeps ONNX Runtime from pairing tensors by shape. It plans to give a tensor the memory of an earlier one of the same
 * shape, and until then nothing else can use that memory; in the end each shape has memory of its own. A tensor of
 * unknown shape and rank is not paired. So the shapes of reshapes become parts of one constant, split by an operator at
 * lengths that are computed when the model runs.
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
