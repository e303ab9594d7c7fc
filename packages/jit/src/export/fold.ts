import { sizeOf } from '@cascade-diffusion/arrays'
import type { OnnxInitializer, OnnxNode } from '../onnx/model.ts'

/** The constants of a model by name. */
export interface Constants {
  readonly tensors: Map<string, OnnxInitializer>
  /** The names to give to weights, and to what was computed from them. */
  readonly weights: Map<string, string>
}

function derive({ tensors, weights }: Constants, from: OnnxInitializer, tensor: OnnxInitializer): void {
  tensors.set(tensor.name, tensor)
  const weight = weights.get(from.name)
  if (weight !== undefined) weights.set(tensor.name, weight)
}

type Data = OnnxInitializer['data']

/**
 * Transposes and reshapes constants now, so that weights lie as the operators that use them need them.
 * @param results the tensors that an operator has to make.
 */
export function foldMoves(
  nodes: readonly OnnxNode[],
  constants: Constants,
  results: ReadonlySet<string>,
): readonly OnnxNode[] {
  return nodes.filter((node) => {
    const [x, shape] = node.inputs.map((name) => constants.tensors.get(name))
    const name = node.outputs[0] as string
    if (results.has(name)) return true
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
