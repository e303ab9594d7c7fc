import type { TreeShape } from '@cascade-diffusion/arrays'
import { lower } from '../compile/lower.ts'
import type { Graph, TensorType } from '../graph/graph.ts'
import type { Lengths } from '../lower/lowering.ts'
import type { Target } from '../lower/target.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { trace } from '../trace/trace.ts'
import type { Three } from './fit.ts'
import { tracedSizes } from './sizes.ts'
import { type BatchAxes, refuse, unify } from './unify.ts'

/** A model for any batch size, and the structure of its results. */
export interface BatchModel {
  readonly model: OnnxModel
  readonly results: TreeShape
}

/**
 * Traces a function at three batch sizes and lowers it to one model for all of them.
 * @param types of the arguments' leaves, at any batch size. The model's blocks are sized for this one.
 * @param axes the axis of each leaf that has the batch's size, if there is one; at least one leaf has one.
 * @throws as {@link trace}, and if the function depends on the batch size in a way that cannot be expressed.
 */
export function lowerBatch(
  fn: (...args: never[]) => unknown,
  types: readonly TensorType[],
  args: TreeShape,
  { axes, symbol = 'N', target }: { axes: BatchAxes; symbol?: string; target: Target },
): BatchModel {
  const at = (size: number): TensorType[] =>
    types.map(({ dtype, shape }, i) => ({ dtype, shape: shape.map((d, k) => (k === axes[i] ? size : d)) }))
  const sizes = tracedSizes(at(1))
  const traces = sizes.map((size) => trace(fn, at(size), args))
  const graphs = traces.map((t) => t.graph) as unknown as Three<Graph>
  checkGraphs(graphs, sizes)
  const results = traces[0]?.results as TreeShape
  const other = traces.find((t) => String(t.results.paths) !== String(results.paths))
  if (other) refuse(`it gives [${results.paths}] at one size and [${other.results.paths}] at another`)
  // Blocks as at the given size, for every size; slightly larger, so that rounding does not split them.
  const typical = Math.max(...types.map(({ shape }, i) => shape[axes[i] ?? -1] ?? 1))
  const blocks = (size: number): Target => {
    const scale = (size / typical) * (1 + 1e-9)
    const { blockSize, blockFilters, fewPixels } = target
    return { ...target, blockSize: blockSize * scale, blockFilters: blockFilters * scale, fewPixels: fewPixels * scale }
  }
  const lowered = (cut: boolean) => {
    const lengths = sizes.map((batch): Lengths => ({ batch, cut, seen: [] })) as unknown as Three<Lengths>
    const models = graphs.map((graph, k) => lower(graph, blocks(sizes[k] as number), lengths[k])) as unknown
    return { models: models as Three<OnnxModel>, lengths }
  }
  const first = lowered(true)
  const { models } = areKnown(first.lengths) ? first : lowered(false)
  return { model: unify(models, sizes, axes, symbol), results }
}

/**
 * Whether each length that was cut is fixed or a multiple of the batch size. A divisor of others at three sizes may not
 * be one at a fourth.
 */
function areKnown([{ batch, seen }, ...others]: Three<Lengths>): boolean {
  return others.every(
    (other) =>
      other.seen.length === seen.length &&
      seen.every((length, i) => {
        const there = other.seen[i] as number
        const fixed = length === there && length % batch !== 0 && there % other.batch !== 0
        return fixed || (length % batch === 0 && length / batch === there / other.batch)
      }),
  )
}

/** @throws if the function called other operations at another size, as a function does that loops over the batch. */
function checkGraphs(graphs: Three<Graph>, sizes: Three<number>): void {
  const length = Math.max(...graphs.map((g) => g.nodes.length))
  for (let i = 0; i < length; i++) {
    const each = graphs.map((g) => {
      const node = g.nodes[i]
      if (!node) return 'nothing more'
      return node.outputs.length > 1 ? `'${node.op}' with ${node.outputs.length} results` : `'${node.op}'`
    })
    if (each.some((x) => x !== each[0]))
      refuse(`it calls other operations at other sizes: ${each.map((x, k) => `${x} at ${sizes[k]}`).join(', ')}`)
  }
}
