import type { Engine } from '../engines/engine.ts'
import { onnxRuntimeNode } from '../engines/onnxruntime-node.ts'
import { portable, type Target } from '../lower/target.ts'
import { typesOf } from '../onnx/element-types.ts'
import { elementTypes, type HalfPrecision, type OnnxInitializer, type OnnxModel, type OnnxNode } from '../onnx/model.ts'
import { numbersOf } from './half-numbers.ts'

const isHalf = (type: string | undefined): type is HalfPrecision => type === 'float16' || type === 'bfloat16'

/**
 * What a GPU that stores 16 bits and computes in 32 does, on the processor: ONNX Runtime's own CPU provider takes
 * models of float16 too, but computes in float32 between operators, and leaves out casts there and back. Here
 * everything runs in float32, and each result that is to have 16 bits is rounded to them by arithmetic.
 */
export function roundingEngine(target: Target = portable): Engine {
  const engine = onnxRuntimeNode({ target, threads: 1, cache: false })
  return { name: 'rounding', target, compile: (model) => engine.compile(rounded(model)) }
}

const scalar = (name: string, value: number): OnnxInitializer => ({
  name,
  dtype: 'float32',
  shape: [],
  data: Float32Array.of(value),
})

/** Two to the number of bits that are lost, and one; the numbers from which on, and below which, another rule holds. */
const constants = {
  float16: [scalar('r:split', 2 ** 13 + 1), scalar('r:large', 65520), scalar('r:small', 2 ** -14)],
  bfloat16: [scalar('r:split', 2 ** 16 + 1), scalar('r:large', 2 ** 110), scalar('r:small', 0)],
}

/** The model in float32, with the roundings that it would have. */
function rounded(model: OnnxModel): OnnxModel {
  const types = typesOf(model)
  const precision = [...types.values()].find(isHalf)
  if (!precision) return model
  const nodes = model.nodes.flatMap((node): OnnxNode[] => {
    const toHalf = node.opType === 'Cast' && node.attributes.to === elementTypes[precision]
    const attributes = toHalf ? { to: elementTypes.float32 } : node.attributes
    const raw = (name: string) => (isHalf(types.get(name)) ? `${name}:raw` : name)
    const exact = { ...node, attributes, outputs: node.outputs.map(raw) }
    return [exact, ...node.outputs.filter((name) => raw(name) !== name).flatMap((name) => round(name, precision))]
  })
  const initializers = model.initializers.map((tensor): OnnxInitializer => {
    if (!isHalf(tensor.dtype)) return tensor
    return { ...tensor, dtype: 'float32', data: numbersOf(tensor.data as Uint16Array, tensor.dtype) }
  })
  const more = [...constants[precision], scalar('r:inf', Number.POSITIVE_INFINITY), scalar('r:unit', 0.75)]
  return { ...model, nodes, initializers: [...initializers, ...more] }
}

/**
 * Rounds to nearest: Veltkamp's splitting (Dekker 1971), multiples of 2⁻²⁴ below the normal numbers, infinity above
 * all.
 */
function round(name: string, precision: HalfPrecision): OnnxNode[] {
  const x = `${name}:raw`
  const nodes: OnnxNode[] = []
  const op = (opType: string, ...inputs: string[]) => {
    const output = `${name}:${nodes.length}`
    nodes.push({ opType, domain: '', inputs, outputs: [output], attributes: {} })
    return output
  }
  const size = op('Abs', x)
  const c = op('Mul', x, 'r:split')
  const normal = op('Sub', c, op('Sub', c, x))
  const tiny = op('Sub', op('Add', x, 'r:unit'), 'r:unit')
  const small = op('Where', op('Less', size, 'r:small'), tiny, normal)
  const large = precision === 'float16' ? op('Mul', x, 'r:inf') : x
  const result = op('Where', op('GreaterOrEqual', size, 'r:large'), large, small)
  return [...nodes, { opType: 'Identity', domain: '', inputs: [result], outputs: [name], attributes: {} }]
}
