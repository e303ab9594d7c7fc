import {
  type DType,
  flatten,
  isNDArray,
  type NDArray,
  type TensorLike,
  type Tree,
  type TreeShape,
} from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { BatchAxes } from '../batch/unify.ts'
import type { TensorType } from '../graph/graph.ts'

/** An input of an exported model. Its shape may have a name in place of the batch size: `['N', 32, 32, 3]`. */
export interface InputSpec {
  readonly shape: readonly (number | string)[]
  /** Default: float32. */
  readonly dtype?: DType
}

/**
 * The arguments of a function to export: for each tensor the input that it becomes, or an array that becomes a weight.
 */
export type ExportArguments<T> = T extends TensorLike
  ? InputSpec | NDArray
  : T extends undefined
    ? undefined
    : { readonly [K in keyof T]: ExportArguments<T[K]> }

/** The leaves of the arguments, in order. */
export interface ExportLeaves {
  readonly shape: TreeShape
  /** The types, with length 1 for the batch. */
  readonly types: readonly TensorType[]
  readonly names: readonly string[]
  /** The values of weights; undefined for inputs. */
  readonly weights: readonly (NDArray | undefined)[]
  readonly axes: BatchAxes
  /** The name of the batch size, if it is left open. */
  readonly symbol: string | undefined
}

const isLeaf = (x: unknown): x is InputSpec | NDArray =>
  isNDArray(x) ||
  (typeof x === 'object' &&
    x !== null &&
    Array.isArray((x as InputSpec).shape) &&
    (x as InputSpec).shape.every((d) => typeof d === 'number' || typeof d === 'string'))

/** Takes the arguments apart. @throws if a length is invalid, or more than one is left open. */
export function exportLeaves(args: readonly unknown[], prefixes: readonly string[] | undefined): ExportLeaves {
  const { leaves, shape } = flatten(args as Tree<InputSpec | NDArray>, isLeaf)
  if (prefixes && prefixes.length !== args.length)
    throw new CascadeError('input', `jit: expected names for ${args.length} arguments, got ${prefixes.length}`)
  const names = args.flatMap((arg, i) => {
    const { paths } = flatten(arg as Tree<InputSpec | NDArray>, isLeaf).shape
    const alone = isLeaf(arg) ? 'input' : ''
    return pathNames(prefixes?.[i] ?? (args.length === 1 ? alone : `input${i}`), paths)
  })
  const lengths: readonly (number | string)[] = leaves.flatMap((leaf): readonly (number | string)[] => leaf.shape)
  const symbols = new Set(lengths.filter((d) => typeof d === 'string'))
  if (symbols.size > 1)
    throw new CascadeError(
      'input',
      `jit: expected one length to be left open, the batch's, got ${[...symbols].join(', ')}`,
    )
  const axes = leaves.map(({ shape }, i) => {
    const open = shape.flatMap((d, axis) => (typeof d === 'string' ? [axis] : []))
    if (open.length > 1)
      throw new CascadeError('input', `jit: expected one batch axis of '${names[i]}', got [${shape}]`)
    const bad = shape.find((d) => typeof d === 'number' && !(Number.isInteger(d) && d >= 0))
    if (bad !== undefined)
      throw new CascadeError('input', `jit: expected lengths for the axes of '${names[i]}', got [${shape}]`)
    return open[0]
  })
  return {
    shape,
    types: leaves.map(({ dtype = 'float32', shape }) => ({
      dtype,
      shape: shape.map((d) => (typeof d === 'string' ? 1 : d)),
    })),
    names,
    weights: leaves.map((leaf) => (isNDArray(leaf) ? leaf : undefined)),
    axes,
    symbol: [...symbols][0],
  }
}

/** Names for the leaves of a tree: the tree's, then their paths. */
export const pathNames = (prefix: string, paths: readonly string[]): string[] =>
  paths.map((path) => [prefix, path].filter((part) => part !== '').join('.'))
