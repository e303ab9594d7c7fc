import {
  type Attribute,
  type BatchLength,
  elementTypes,
  type OnnxInitializer,
  type OnnxModel,
  type OnnxTensorType,
} from './model.ts'
import { encodeMessage } from './protobuf.ts'
import { modelProto } from './schema.ts'

/** The ONNX operator set that models are written for. */
const OPSET = 18

/** The version of the file format: that of ONNX 1.14, which ONNX Runtime reads from 1.15 on. */
const IR_VERSION = 9

const INT = 2
const FLOAT = 1
const STRING = 3
const INTS = 7
const EXTERNAL = 1

/** A protobuf message has at most 2 GiB. Weights beyond this size lie outside of it. */
const LARGEST_INLINE = 1.5 * 2 ** 30

/** A serialised model, and the weights that lie outside of it. */
export interface EncodedModel {
  readonly bytes: Uint8Array
  /**
   * If the weights are too large for one message: the path by which the model names their file, and its content in
   * pieces.
   */
  readonly external?: { readonly path: string; readonly pieces: readonly Uint8Array[]; readonly size: number }
}

/**
 * Serialises a model as ONNX (https://onnx.ai/onnx/repo-docs/IR.html). Weights of more than `largestInline` bytes in
 * all (default 1.5 GiB) become external data, in a file that the model names `path`.
 */
export function encodeModel(model: OnnxModel, largestInline = LARGEST_INLINE, path = 'weights.bin'): EncodedModel {
  const total = model.initializers.reduce((n, t) => n + t.data.byteLength, 0)
  const pieces: Uint8Array[] = []
  let size = 0
  const place = (tensor: OnnxInitializer) => {
    const bytes = bytesOf(tensor.data)
    if (total <= largestInline || bytes.length < 1024) return { raw_data: bytes }
    const entry = { location: path, offset: `${size}`, length: `${bytes.length}` }
    pieces.push(bytes)
    size += bytes.length
    return {
      data_location: EXTERNAL,
      external_data: Object.entries(entry).map(([key, value]) => ({ key, value })),
    }
  }
  const initializer = model.initializers.map((t) => ({
    name: t.name,
    dims: t.shape,
    data_type: elementTypes[t.dtype],
    ...place(t),
  }))
  const domains = new Set(model.nodes.map((n) => n.domain))
  const { name = 'traced', description, properties = {} } = model.metadata ?? {}
  const typeOf = encodeType(model.batchSymbol)
  const message = {
    ir_version: IR_VERSION,
    producer_name: 'cascade-diffusion',
    doc_string: description,
    metadata_props: Object.entries(properties).map(([key, value]) => ({ key, value })),
    opset_import: [
      { domain: '', version: OPSET },
      ...[...domains].filter((d) => d !== '').map((domain) => ({ domain, version: 1 })),
    ],
    graph: {
      name,
      doc_string: description,
      node: model.nodes.map((n) => ({
        name: n.name,
        op_type: n.opType,
        domain: n.domain,
        input: n.inputs,
        output: n.outputs,
        attribute: Object.entries(n.attributes).map(([name, value]) => ({ name, ...encodeAttribute(value) })),
      })),
      initializer,
      input: model.inputs.map(typeOf),
      output: [...(model.sequence === undefined ? [] : [sequenceOf(model.sequence)]), ...model.outputs.map(typeOf)],
    },
  }
  const room = 2 ** 16 + (total - size) + 200 * (initializer.length + model.nodes.length)
  const bytes = encodeMessage(modelProto, message, room)
  return pieces.length > 0 ? { bytes, external: { path, pieces, size } } : { bytes }
}

function encodeAttribute(value: Attribute): object {
  if (typeof value === 'number') return { type: INT, i: value }
  if (typeof value === 'string') return { type: STRING, s: new TextEncoder().encode(value) }
  if ('float' in value) return { type: FLOAT, f: value.float }
  return { type: INTS, ints: value }
}

const encodeType =
  (symbol = 'N') =>
  ({ name, dtype, shape, batch = [] }: OnnxTensorType) => {
    const dim = shape.map((d, i) => {
      const length = batch[i]
      return length ? { dim_param: expression(symbol, length) } : { dim_value: d }
    })
    return { name, type: { tensor_type: { elem_type: elementTypes[dtype], shape: { dim } } } }
  }

const sequenceOf = (name: string) => ({
  name,
  type: { sequence_type: { elem_type: { tensor_type: { elem_type: elementTypes.int64 } } } },
})

/** `N`, `4*N`, `N + 1`. */
const expression = (symbol: string, { scale, offset }: BatchLength) =>
  `${scale === 1 ? '' : `${scale}*`}${symbol}${offset === 0 ? '' : offset > 0 ? ` + ${offset}` : ` - ${-offset}`}`

const bytesOf = (data: OnnxInitializer['data']) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
