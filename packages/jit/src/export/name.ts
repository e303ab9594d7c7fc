import { counter } from '../compile/lower.ts'
import type { OnnxModel, OnnxNode } from '../onnx/model.ts'

/**
 * Gives everything in a model a name for people. Inputs, outputs and weights get the caller's names. An operator is
 * named after the layer whose weight it uses (`down.0.conv1/Conv`), or the traced operation that it belongs to
 * (`Softmax_2/Softmax`); a tensor, after the operator that makes it.
 * @param ports the new names of inputs and outputs, by the old ones.
 * @param weights the new names of weights, by the old ones.
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
  // Of a weight that is used in several forms, all but the first get a number.
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
