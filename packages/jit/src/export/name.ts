import { counter } from '../lower/lower.ts'
import type { OnnxModel, OnnxNode } from '../onnx/model.ts'

/**
 * Names everything in a model for people: inputs, outputs and weights as the caller calls them; an operator for the layer
 * whose weight it takes (`down.0.conv1/Conv`), or the traced operation that it is a part of (`Softmax_2/Softmax`); a
 * tensor for the operator that makes it.
 * @param ports what inputs and outputs are to be called, by their names in the model.
 * @param weights what weights are to be called.
 */
export function withNames(
  model: OnnxModel,
  ports: ReadonlyMap<string, string>,
  weights: ReadonlyMap<string, string>,
): OnnxModel {
  const used = new Set(model.nodes.flatMap((node) => node.inputs))
  const unique = counter()
  const names = new Map(ports)
  const initializers = model.initializers.filter((t) => used.has(t.name))
  // A weight that is used in several forms goes by its name, and its name with numbers.
  const forms = counter()
  for (const { name } of initializers) {
    const weight = weights.get(name)
    names.set(name, weight === undefined ? unique('Constant/constant') : forms(weight))
  }
  const nodes = model.nodes.map((node): OnnxNode => {
    const layers = node.inputs.flatMap((x) => weights.get(x)?.match(/^(.+)\.[^.]+$/)?.[1] ?? [])
    const name = unique(layers[0] === undefined ? (node.name ?? node.opType) : `${layers[0]}/${node.opType}`)
    node.outputs.forEach((x, i) => {
      if (!names.has(x)) names.set(x, i === 0 ? name : `${name}:${i}`)
    })
    return { ...node, name }
  })
  const call = (x: string) => names.get(x) ?? x
  const rename = <T extends { readonly name: string }>(t: T): T => ({ ...t, name: call(t.name) })
  return {
    ...model,
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(call), outputs: node.outputs.map(call) })),
    initializers: initializers.map(rename),
    inputs: model.inputs.map(rename),
    outputs: model.outputs.map(rename),
  }
}
