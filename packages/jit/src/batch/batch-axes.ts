import type { Tree, TreeShape } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { TensorType } from '../graph/graph.ts'
import type { BatchAxes } from './unify.ts'

/**
 * The axis of each argument that has the batch's size, as `in_axes` of `jax.vmap`: `[null, 0, { label: 0 }]`. A number
 * holds for all arrays of an argument, or of a part of it. `null`, or a missing part, means arrays without a batch.
 */
export type BatchAxesTree =
  | number
  | null
  | undefined
  | readonly BatchAxesTree[]
  | { readonly [key: string]: BatchAxesTree }

type Leaves = readonly TensorType[]

/** The axes of a call's arguments that may have any size; undefined if the call gets its own program. */
export type BatchPolicy = (leaves: Leaves, shape: TreeShape) => BatchAxes | undefined

/**
 * Decides for each call which axes may have any size.
 * @param dynamicBatch the axes, or `true` for the leading axes that differ from an earlier call.
 */
export function batchPolicy(dynamicBatch: BatchAxesTree | boolean): BatchPolicy {
  if (dynamicBatch === false) return () => undefined
  if (dynamicBatch === true) return learned()
  return (leaves, shape) => {
    const axes = spread(dynamicBatch, shape)
    if (axes.every((axis) => axis === undefined))
      throw new CascadeError('input', 'jit: expected dynamicBatch to have an axis of an argument, got none')
    axes.forEach((axis, i) => {
      const { length } = (leaves[i] as TensorType).shape
      if (axis !== undefined && !(Number.isInteger(axis) && axis >= 0 && axis < length))
        throw new CascadeError(
          'input',
          `jit: expected dynamicBatch to be an axis of '${shape.paths[i]}', which has ${length}, got ${axis}`,
        )
    })
    checkSizes(leaves, shape.paths, axes)
    return axes
  }
}

/** @throws if the leaves differ in size along the batch's axes. */
function checkSizes(leaves: Leaves, paths: readonly string[], axes: BatchAxes): void {
  const sizes = leaves.map(({ shape }, i) => shape[axes[i] ?? -1])
  const first = sizes.findIndex((d) => d !== undefined)
  const other = sizes.findIndex((d) => d !== undefined && d !== sizes[first])
  if (other !== -1)
    throw new CascadeError(
      'input',
      `jit: expected one batch size, got ${sizes[first]} of '${paths[first]}' and ${sizes[other]} of '${paths[other]}'`,
    )
}

/** The axis for each leaf of a tree. */
function spread(axes: BatchAxesTree, shape: TreeShape): BatchAxes {
  const result: (number | undefined)[] = []
  const visit = (places: Tree<number>, given: BatchAxesTree): void => {
    if (typeof places === 'number') result[places] = typeof given === 'number' ? given : undefined
    else if (places)
      for (const [key, part] of Object.entries(places))
        visit(part as Tree<number>, typeof given === 'object' && given !== null ? given[key as never] : given)
  }
  visit(shape.rebuild(shape.paths.map((_, i) => i)), axes)
  return result
}

/** The first call gets its own program, and so does one that differs in more than the batch size. */
function learned(): BatchPolicy {
  const seen = new Map<string, Leaves[]>()
  return (leaves, shape) => {
    const kinds = leaves.map(({ dtype, shape }) => `${dtype}[${['', ...shape.slice(1)]}]${shape.length}`)
    const key = JSON.stringify(shape.rebuild(kinds))
    const earlier = seen.get(key) ?? []
    for (const types of earlier) {
      const axes = types.map((type, i) => (type.shape[0] === leaves[i]?.shape[0] ? undefined : 0))
      if (axes.every((axis) => axis === undefined)) return undefined
      if (isOneSize(types, axes) && isOneSize(leaves, axes)) return axes
    }
    seen.set(key, [...earlier, leaves.map(({ dtype, shape }) => ({ dtype, shape }))])
    return undefined
  }
}

const isOneSize = (leaves: Leaves, axes: BatchAxes) =>
  new Set(leaves.filter((_, i) => axes[i] === 0).map((t) => t.shape[0])).size === 1
