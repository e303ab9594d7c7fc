/** The numbers of 16 bits: `float16` has 11 bits of precision up to 65504, `bfloat16` 8 and the range of float32. */
export type HalfPrecision = 'float16' | 'bfloat16'

/**
 * Element types of ONNX tensors that a model uses: the host's, int64 for shapes and indices, float64 to divide integers,
 * and those of 16 bits, which only constants and what lies between operators have.
 */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool' | 'float64' | HalfPrecision

/** Their codes in ONNX's files. */
export const elementTypes = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const satisfies Record<ElementType, number>

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
  /** For people who look at the graph: the traced operation that it is a part of, and its own. */
  readonly name?: string
  /** Whether it may compute in 16 bits, where that is asked for. */
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
  /** In a model for any batch size: the shape at one of them. */
  readonly shape: readonly number[]
  /** Which lengths follow the batch size, axis by axis; none of them where this is missing. */
  readonly batch?: readonly (BatchLength | undefined)[]
}

/** A constant tensor of a model. */
export interface OnnxInitializer {
  readonly name: string
  readonly dtype: ElementType
  readonly shape: readonly number[]
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array
}

/** What an ONNX file says about itself. */
export interface OnnxMetadata {
  /** The graph's name. */
  readonly name?: string
  readonly description?: string
  /** Anything else, by name. */
  readonly properties?: Readonly<Record<string, string>>
}

/** An ONNX model as plain data. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxInitializer[]
  readonly inputs: readonly OnnxTensorType[]
  readonly outputs: readonly OnnxTensorType[]
  /** The name of a sequence of int64 tensors that comes before the outputs, if there is one. */
  readonly sequence?: string
  /** Values that are made long before they are used, in the order of their making: what is best made when they are. */
  readonly early?: readonly string[]
  /** What the batch size is called, if the model takes any: `N`. */
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
