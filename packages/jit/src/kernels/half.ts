import { sizeOf } from '@cascade-diffusion/arrays'
import { type Node, splatValue, type Value } from '../graph/graph.ts'
import type { Target } from '../lower/target.ts'

/**
 * The width of a float32 value in a model of 16 bits: `half` has 16 bits, `full` needs 32, `free` (a constant) may have
 * either.
 */
export type Width = 'half' | 'full' | 'free'

/** A float32 operand and its width. */
export interface Operand {
  readonly value: Value
  readonly width: Width
}

/** When a kernel computes in 16 bits. A kernel without such a rule computes in 32. */
export interface HalfRule {
  /** Whether a node computes in 16 bits. It has at least one float32 operand. */
  computes(node: Node, operands: readonly Operand[], target: Target): boolean
  /**
   * For a node that computes in 32 bits: how many of its results, from the first on, have 16 bits if the first operand
   * has. The others have 32. If missing, all results have 32.
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
 * Whether an operand has 16 bits and the others can be rounded to them. Constants can if they fit into 16 bits. If
 * operands are repeated over the result, so can those with 32 bits that are smaller than it (a bias), but not single
 * numbers (a loss scale).
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
 * Computes in 16 bits if an operand has 16 and the others adapt. For kernels that work element by element without
 * leaving the range of 16 bits or losing digits, that move or choose elements, or that add up a few neighbours.
 */
export const follows: HalfRule = { computes: (node, operands) => adapts(node, operands, true) }

/** As {@link follows}, for kernels that put operands side by side: none is repeated, however small. */
export const joins: HalfRule = { computes: (node, operands) => adapts(node, operands, false) }
