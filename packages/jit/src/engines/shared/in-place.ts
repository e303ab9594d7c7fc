import type { OnnxModel, OnnxNode } from '../../onnx/model.ts'
import { operatorOf } from '../../onnx/operators.ts'

/** The types of a model's inputs and outputs, and what its operators read and write. */
export interface InPlaceModel extends Pick<OnnxModel, 'inputs' | 'outputs'> {
  readonly nodes: readonly Node[]
  /**
   * Whether operators run as written. Otherwise ONNX Runtime's optimiser may fuse several, such as MatMul and Add to
   * Gemm.
   */
  readonly asWritten?: boolean
}

type Node = Pick<OnnxNode, 'opType' | 'inputs' | 'outputs'>

/**
 * For each result of a model, the input whose memory it may be written to, if there is one. Such an input:
 * - is donated, and has the type of the result;
 * - is not taken by another result;
 * - is read by no operator but those that the result depends on, which run before, and the result's own, if that works
 *   in place.
 *
 * If operators are fused, all of these have to work element by element, whatever becomes of them.
 * @param donated which inputs may be written to.
 * @returns the input's index, or undefined.
 */
export function inPlace(model: InPlaceModel, donated: readonly boolean[]): (number | undefined)[] {
  const producers = new Map(model.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  const readers = new Map<string, Node[]>()
  for (const node of model.nodes)
    for (const name of new Set(node.inputs)) readers.set(name, [...(readers.get(name) ?? []), node])
  const results = new Set(model.outputs.map(({ name }) => name))
  const free = new Set(model.inputs.flatMap(({ name }, i) => (donated[i] && !results.has(name) ? [i] : [])))

  return model.outputs.map((output): number | undefined => {
    const type = typeOf(output)
    const last = producers.get(output.name)
    if (!last || type === undefined) return undefined
    let before: Set<Node> | undefined
    for (const i of free) {
      const input = model.inputs[i] as OnnxModel['inputs'][number]
      if (typeOf(input) !== type) continue
      before ??= ancestors(last, producers)
      if (!model.asWritten && ![last, ...before].every(({ opType }) => operatorOf(opType).numberwise)) return undefined
      if (!isReadBefore(input.name, last, before, readers)) continue
      free.delete(i)
      return i
    }
    return undefined
  })
}

/** A key of the type; undefined if lengths follow the batch size. */
const typeOf = ({ dtype, shape, batch }: OnnxModel['inputs'][number]) =>
  batch?.some((length) => length) ? undefined : `${dtype}[${shape}]`

/** The operators that an operator depends on. */
function ancestors(last: Node, producers: ReadonlyMap<string, Node>): Set<Node> {
  const found = new Set<Node>()
  const open = [last]
  for (let node = open.pop(); node; node = open.pop())
    for (const name of node.inputs) {
      const producer = producers.get(name)
      if (!producer || found.has(producer)) continue
      found.add(producer)
      open.push(producer)
    }
  return found
}

/** Whether all operators that read an input, or a view of it, run before `last` or are `last`, working in place. */
function isReadBefore(
  input: string,
  last: Node,
  before: ReadonlySet<Node>,
  readers: ReadonlyMap<string, readonly Node[]>,
): boolean {
  const names = [input]
  for (let name = names.pop(); name !== undefined; name = names.pop())
    for (const node of readers.get(name) ?? []) {
      if (node === last ? name !== input || !operatorOf(node.opType).inPlace : !before.has(node)) return false
      if (operatorOf(node.opType).view && node.inputs[0] === name) names.push(...node.outputs)
    }
  return true
}
