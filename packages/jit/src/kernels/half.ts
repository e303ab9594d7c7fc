import { sizeOf } from '@cascade-diffusion/arrays'
import { type Node, splatValue, type Value } from '../graph/graph.ts'
import type { Target } from '../lower/target.ts'

/**
 * How a float32 value counts for what is computed from it: `half` has 16 bits, `full` needs 32, `free` may have either.
 */
export type Width = 'half' | 'full' | 'free'

/** A float32 operand and its width. */
export interface Operand {
  readonly value: Value
  readonly width: Width
}

/** What a kernel does where numbers may have 16 bits. A kernel without such a rule computes in 32. */
export interface HalfRule {
  /** Whether a node computes in 16 bits. It has at least one float32 operand. */
  computes(node: Node, operands: readonly Operand[], target: Target): boolean
  /**
   * How many results, from the first on, go on in 16 bits if the first operand has 16, though the node computes in 32.
   * The others stay in 32 bits. Without this, the results are as wide as the computation.
   */
  readonly stores?: number
}

/** Sums of products always compute in 16 bits: engines add them up in more bits than they store. */
export const products: HalfRule = { computes: () => true }

/** Whether any operand has 16 bits. */
export const someHalf = (operands: readonly Operand[]): boolean => operands.some(({ width }) => width === 'half')

/** Between the smallest normal number of float16 and its largest. */
const fitsHalf = (x: number) => x === 0 || !Number.isFinite(x) || (Math.abs(x) >= 2 ** -14 && Math.abs(x) <= 65504)

/**
 * Some operand has 16 bits, and the others may be rounded to them: constants that 16 bits can hold, and, where operands are
 * repeated over the result, 32-bit operands that are smaller than it (a bias). A single number (a scale of the loss) stays.
 */
const adapts = (node: Node, operands: readonly Operand[], repeats: boolean): boolean => {
  const size = sizeOf((node.outputs[0] as Value).shape)
  const fits = ({ value, width }: Operand) => {
    if (width === 'half') return true
    if (width === 'free') return fitsHalf(splatValue(value) ?? 0)
    const n = sizeOf(value.shape)
    return repeats && n !== 1 && n < size
  }
  return someHalf(operands) && operands.every(fits)
}

/**
 * Computes in 16 bits if an operand has them and the others adapt. For kernels that work element by element and neither leave
 * the range of 16 bits nor lose digits, that move or choose elements, or that add up a few neighbours.
 */
export const follows: HalfRule = { computes: (node, operands) => adapts(node, operands, true) }

/** The same for kernels that put whole operands side by side: none is repeated, however small. */
export const joins: HalfRule = { computes: (node, operands) => adapts(node, operands, false) }
