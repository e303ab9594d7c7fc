import type { MessageType } from './protobuf.ts'

// The part of the ONNX format (onnx.proto, IR version 9) that a traced model uses.

const stringStringEntry: MessageType = { key: [1, 'string'], value: [2, 'string'] }

const operatorSetId: MessageType = { domain: [1, 'string'], version: [2, 'int'] }

const tensorShape: MessageType = { dim: [1, { dim_value: [1, 'int'], dim_param: [2, 'string'] }] }

const tensorType: MessageType = { elem_type: [1, 'int'], shape: [2, tensorShape] }

const type: MessageType = {
  tensor_type: [1, tensorType],
  sequence_type: [4, { elem_type: [1, { tensor_type: [1, tensorType] }] }],
}

const valueInfo: MessageType = { name: [1, 'string'], type: [2, type] }

const tensor: MessageType = {
  dims: [1, 'int'],
  data_type: [2, 'int'],
  name: [8, 'string'],
  raw_data: [9, 'bytes'],
  external_data: [13, stringStringEntry],
  data_location: [14, 'int'],
}

const attribute: MessageType = {
  name: [1, 'string'],
  f: [2, 'float'],
  i: [3, 'int'],
  s: [4, 'bytes'],
  ints: [8, 'int'],
  type: [20, 'int'],
}

const node: MessageType = {
  input: [1, 'string'],
  output: [2, 'string'],
  name: [3, 'string'],
  op_type: [4, 'string'],
  attribute: [5, attribute],
  domain: [7, 'string'],
}

const graph: MessageType = {
  node: [1, node],
  name: [2, 'string'],
  initializer: [5, tensor],
  doc_string: [10, 'string'],
  input: [11, valueInfo],
  output: [12, valueInfo],
}

export const modelProto: MessageType = {
  ir_version: [1, 'int'],
  producer_name: [2, 'string'],
  doc_string: [6, 'string'],
  graph: [7, graph],
  opset_import: [8, operatorSetId],
  metadata_props: [14, stringStringEntry],
}
