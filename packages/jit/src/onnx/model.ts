/** Element types of ONNX tensors that a lowered graph uses: the host's, int64 for shapes and indices, float64 to divide integers. */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool' | 'float64'

/** Their codes in ONNX's files. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const satisfies Record<
  ElementType,
  number
>

/** An attribute: integers as numbers, floats wrapped, since ONNX tells them apart and JavaScript does not. */
export type Attribute = number | readonly number[] | string | { readonly float: number }

/** An operator and the names of what it takes and gives. */
export interface OnnxNode {
  readonly opType: string
  /** `''` is the ONNX operator set, `com.microsoft` that of ONNX Runtime. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A named tensor's type. */
export interface OnnxTensorType {
  readonly name: string
  readonly dtype: ElementType
  readonly shape: readonly number[]
}

/** A constant tensor of a model. */
export interface OnnxInitializer extends OnnxTensorType {
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array
}

/** An ONNX model as plain data. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxInitializer[]
  readonly inputs: readonly OnnxTensorType[]
  readonly outputs: readonly OnnxTensorType[]
}
