/**
 * The 16-bit floats: `float16` has 11 bits of precision and a range up to 65504, `bfloat16` 8 bits and the range of
 * float32.
 */
export type HalfPrecision = 'float16' | 'bfloat16'

/**
 * Element types of the tensors in a model: those of host arrays, int64 for shapes and indices, float64 for dividing
 * integers, and 16-bit floats, which only constants and intermediate tensors have.
 */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool' | 'float64' | HalfPrecision

/** Their codes in ONNX files. */
export const elementTypes = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const satisfies Record<ElementType, number>

/** An attribute. A number is an integer; a float is wrapped, since JavaScript does not distinguish the two. */
export type Attribute = number | readonly number[] | string | { readonly float: number }

/** An operator, with the names of its inputs and outputs. */
export interface OnnxNode {
  readonly opType: string
  /** `''` is the ONNX operator set, `com.microsoft` that of ONNX Runtime. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
  /** A name for people who read the graph: the traced operation that the node belongs to, and its operator. */
  readonly name?: string
  /** Whether it may compute in 16 bits. */
  readonly half?: boolean
}

/** A length that follows the batch size: `scale · size + offset`. */
export interface BatchLength {
  readonly scale: number
  readonly offset: number
}

/** A named tensor's type. */
export interface OnnxTensorType {
  readonly name: string
  readonly dtype: ElementType
  /** The shape; in a model for any batch size, that at one size. */
  readonly shape: readonly number[]
  /** For each axis, how its length follows the batch size; undefined for fixed lengths. If missing, all are fixed. */
  readonly batch?: readonly (BatchLength | undefined)[]
}

/** A constant tensor of a model. */
export interface OnnxInitializer {
  readonly name: string
  readonly dtype: ElementType
  readonly shape: readonly number[]
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array
}

/** The metadata of an ONNX file. */
export interface OnnxMetadata {
  /** The graph's name. */
  readonly name?: string
  readonly description?: string
  /** Further properties, by name. */
  readonly properties?: Readonly<Record<string, string>>
}

/** An ONNX model as plain data. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxInitializer[]
  readonly inputs: readonly OnnxTensorType[]
  readonly outputs: readonly OnnxTensorType[]
  /** The name of a sequence of int64 tensors that is the first output, before `outputs`, if there is one. */
  readonly sequence?: string
  /** Tensors that are used long after they are made, in the order in which they should be made. */
  readonly early?: readonly string[]
  /** The name of the batch size, if the model takes any: `N`. */
  readonly batchSymbol?: string
  readonly metadata?: OnnxMetadata
}

/** The shapes of a model's outputs for inputs of these shapes. */
export function outputShapes(
  { inputs, outputs }: Pick<OnnxModel, 'inputs' | 'outputs'>,
  given: readonly { readonly shape: readonly number[] }[],
): readonly (readonly number[])[] {
  const axes = inputs.map(({ batch }) => batch?.findIndex((length) => length !== undefined) ?? -1)
  const source = axes.findIndex((axis) => axis >= 0)
  const size = given[source]?.shape[axes[source] as number] ?? 0
  return outputs.map(({ shape, batch = [] }) =>
    shape.map((d, i) => (batch[i] ? batch[i].scale * size + batch[i].offset : d)),
  )
}
