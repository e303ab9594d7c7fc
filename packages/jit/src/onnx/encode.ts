import { type Attribute, elementTypes, type OnnxInitializer, type OnnxModel, type OnnxTensorType } from './model.ts'
import { ModelProto } from './schema.ts'

/** The ONNX operator set that lowering writes for. */
const OPSET = 18

const INT = 2
const FLOAT = 1
const STRING = 3
const INTS = 7
const EXTERNAL = 1

/** protobuf messages end at 2 GiB; weights beyond that lie outside of the message. */
const LARGEST_INLINE = 1.5 * 2 ** 30

/** A serialised model, and the weights that lie outside of it. */
export interface EncodedModel {
  readonly bytes: Uint8Array
  /** Present if the weights are too large for one message: what the model calls the file, and its content in pieces. */
  readonly external?: { readonly path: string; readonly pieces: readonly Uint8Array[]; readonly size: number }
}

/**
 * Serialises a model as ONNX (https://onnx.ai/onnx/repo-docs/IR.html).
 * Weights of more than `largestInline` bytes in all (1.5 GiB unless told otherwise) become external data.
 */
export function encodeModel(model: OnnxModel, largestInline = LARGEST_INLINE): EncodedModel {
  const total = model.initializers.reduce((n, t) => n + t.data.byteLength, 0)
  const path = 'weights.bin'
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
  const message = {
    ir_version: 9,
    producer_name: 'cascade-diffusion',
    opset_import: [
      { domain: '', version: OPSET },
      ...[...domains].filter((d) => d !== '').map((domain) => ({ domain, version: 1 })),
    ],
    graph: {
      name: 'traced',
      node: model.nodes.map((n) => ({
        op_type: n.opType,
        domain: n.domain,
        input: n.inputs,
        output: n.outputs,
        attribute: Object.entries(n.attributes).map(([name, value]) => ({ name, ...encodeAttribute(value) })),
      })),
      initializer,
      input: model.inputs.map(encodeType),
      output: model.outputs.map(encodeType),
    },
  }
  const bytes = ModelProto.encode(message).finish()
  return pieces.length > 0 ? { bytes, external: { path, pieces, size } } : { bytes }
}

function encodeAttribute(value: Attribute): object {
  if (typeof value === 'number') return { type: INT, i: value }
  if (typeof value === 'string') return { type: STRING, s: new TextEncoder().encode(value) }
  if ('float' in value) return { type: FLOAT, f: value.float }
  return { type: INTS, ints: value }
}

const encodeType = ({ name, dtype, shape }: OnnxTensorType) => ({
  name,
  type: { tensor_type: { elem_type: elementTypes[dtype], shape: { dim: shape.map((d) => ({ dim_value: d })) } } },
})

const bytesOf = (data: OnnxInitializer['data']) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
