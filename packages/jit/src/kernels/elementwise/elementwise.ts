import type { DType } from '@cascade-diffusion/arrays'
import { backend_util } from '@tensorflow/tfjs-core'
import type { TensorType } from '../../graph/graph.ts'
import { physicalShape } from '../../lower/layout.ts'
import type { Lowering, Physical, Rule } from '../../lower/lowering.ts'
import { first, type Kernel } from '../kernel.ts'
import { aligned, preferredLayout } from './align.ts'

/** The element types that element-wise operators of ONNX compute in. */
type Arithmetic = DType | 'float64'

/** The attributes of the element-wise kernels that have any, and the element type to compute in. */
interface Settings {
  readonly min: number
  readonly max: number
  readonly alpha: number
  readonly dtype: Arithmetic
}

/** Emits operators on operands that are aligned and of one type. @returns the result, of `shape` in memory. */
export type Emit = (
  l: Lowering,
  operands: readonly Physical[],
  shape: readonly number[],
  settings: Settings,
) => Physical

export interface ElementTypes {
  /**
   * The types that the operators accept; operands of another type are cast to the last of these. Default: float32 only.
   */
  takes?: readonly Arithmetic[]
  /** The type of the result, if it is not that of the operands. */
  yields?: DType
}

/** The types that most arithmetic of ONNX Runtime accepts. Booleans count as 0 and 1. */
export const numeric: ElementTypes = { takes: ['float32', 'int32'] }

/** The shape to which operands broadcast. */
export const broadcast = (types: readonly TensorType[]): number[] =>
  types.map((t) => [...t.shape]).reduce((a, b) => backend_util.assertAndGetBroadcastShape(a, b))

/** Lowers to operators on operands in the layout of the largest. */
export const elementwise =
  (emit: Emit, { takes = ['float32'], yields }: ElementTypes = {}): Rule =>
  (l, node) => {
    const out = first(node.outputs)
    const layout = preferredLayout(l, node.inputs, out.shape.length)
    const given = first(node.inputs).dtype
    const dtype = takes.includes(given) ? given : (takes.at(-1) as Arithmetic)
    const operands = aligned(l, node.inputs, layout).map((x, i) => l.cast(x, node.inputs[i]?.dtype ?? dtype, dtype))
    const settings = { ...(node.attributes as unknown as Settings), dtype }
    const y = emit(l, operands, physicalShape(out.shape, layout), settings)
    l.set(out, l.cast(y, yields ?? dtype, out.dtype), layout)
  }

const emitter = (emit: Emit | string): Emit =>
  typeof emit === 'string' ? (l, operands, shape) => l.op(emit, operands, shape) : emit

/** The facts of an element-wise kernel besides its operators. */
export interface Facts extends ElementTypes, Pick<Kernel, 'half' | 'complex'> {}

/** A kernel of one operand. @param emit the name of an ONNX operator, or what emits several. */
export const unary = (emit: Emit | string, { half, complex, ...types }: Facts = {}): Kernel => ({
  inputs: ['x'],
  half,
  complex,
  attributes: () => ({}),
  infer: ([x]) => [{ shape: (x as TensorType).shape, dtype: types.yields ?? (x as TensorType).dtype }],
  lower: elementwise(emitter(emit), types),
})

/** A kernel of two operands of one type, which broadcast. @param emit as of {@link unary}. */
export const binary = (emit: Emit | string, { half, complex, ...types }: Facts = {}): Kernel => ({
  inputs: ['a', 'b'],
  half,
  complex,
  attributes: () => ({}),
  infer: (operands) => [{ shape: broadcast(operands), dtype: types.yields ?? first(operands).dtype }],
  lower: elementwise(emitter(emit), types),
})
