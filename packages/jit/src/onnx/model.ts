/** Element types of ONNX tensors that a lowered graph uses: the host's, and int64 for shapes and indices. */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool'

/** An attribute: integers as numbers, floats wrapped, since ONNX tells them apart and JavaScript does not. */
export type Attribute = number | readonly number[] | string | { readonly float: number }

export interface OnnxNode {
  readonly opType: string
  /** `''` is the ONNX operator set, `com.microsoft` that of ONNX Runtime. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

export interface OnnxTensorType {
  readonly name: string
  readonly dtype: ElementType
  readonly shape: readonly number[]
}

export interface OnnxInitializer extends OnnxTensorType {
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array
}

/** An ONNX model as plain data. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxInitializer[]
  readonly inputs: readonly OnnxTensorType[]
  readonly outputs: readonly OnnxTensorType[]
}
