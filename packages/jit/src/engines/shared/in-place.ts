import type { OnnxModel, OnnxNode } from '../../onnx/model.ts'
import { operatorOf } from '../../onnx/operators.ts'

/** What has to be known of a model: its types, and what its operators read and write. */
export interface InPlaceModel extends Pick<OnnxModel, 'inputs' | 'outputs'> {
  readonly nodes: readonly Node[]
  /** Whether the operators are run as they are written. Otherwise ONNX Runtime's optimiser makes one of several, such as Gemm of MatMul and Add. */
  readonly asWritten?: boolean
}

type Node = Pick<OnnxNode, 'opType' | 'inputs' | 'outputs'>

/**
 * For each result of a model the input whose memory it may be written to, if there is one: an input of the same type, no two
 * results the same, that all who read it have read before the result is computed, because it depends on them, or that its own
 * operator reads number by number. Where the optimiser is at work, only of operators that all are number by number.
 * @param donated which inputs may be written to.
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

/** Nothing where lengths follow the batch size. */
const typeOf = ({ dtype, shape, batch }: OnnxModel['inputs'][number]) =>
  batch?.some((length) => length) ? undefined : `${dtype}[${shape}]`

/** The operators that one depends on. */
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

/** Whether nobody reads an input, or a view of it, that `last` could not wait for. */
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
