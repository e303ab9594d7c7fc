import { CascadeError } from '@cascade-diffusion/checks'
import { stringify } from '../graph/graph.ts'
import type { BatchLength, OnnxInitializer, OnnxModel, OnnxNode, OnnxTensorType } from '../onnx/model.ts'
import { BatchEmitter } from './emit.ts'
import { fitNumbers, type Three } from './fit.ts'
import { type Formula, formulaOf } from './formula.ts'

/** For each input of a model, the axis that has the batch's size, if there is one. */
export type BatchAxes = readonly (number | undefined)[]

const map = <A, B>([a, b, c]: Three<A>, f: (x: A, k: number) => B): Three<B> => [f(a, 0), f(b, 1), f(c, 2)]

const operation = (node: OnnxNode | undefined) => {
  if (!node) return 'nothing'
  const traced = /^(\w+?)(_\d+)?\//.exec(node.name ?? '')?.[1]
  return traced ? `'${traced}' (${node.opType})` : `'${node.opType}'`
}

/** @throws always. @param what why there is no model for all batch sizes. */
export const refuse = (what: string): never => {
  throw new CascadeError('unsupported', `jit: the function cannot be compiled for any batch size: ${what}`)
}

/**
 * Makes one model for any batch size from three models of a function, lowered at three sizes. Their operators have to
 * be the same. Where their constants differ (shapes, indices, factors of means), they become expressions in the batch
 * size, which are computed when the model runs.
 * @throws if something depends on the batch size in another way; the message names the op.
 */
export function unify(models: Three<OnnxModel>, sizes: Three<number>, axes: BatchAxes, symbol: string): OnnxModel {
  const [model] = models
  const source = axes.findIndex((axis) => axis !== undefined)
  const emitter = new BatchEmitter((model.inputs[source] as OnnxTensorType).name, axes[source] as number)
  const constants = map(models, (m) => new Map(m.initializers.map((t) => [t.name, t])))
  // The first model's names of the others' tensors.
  const names = map(models, (m) => new Map(m.inputs.map((t, i) => [t.name, (model.inputs[i] as OnnxTensorType).name])))
  const kept = new Set<string>()
  const unified = new Map<string, string>()

  const constant = (tensors: Three<OnnxInitializer>, node: OnnxNode, place: number): string => {
    const reshape = node.opType === 'Reshape' && place === 1 ? 'shape:' : ''
    const key = `${reshape}${tensors.map((t) => t.name)}`
    const known = unified.get(key)
    if (known) return known
    const [first] = tensors
    const formula = formulaOf(tensors, sizes) ?? refuse(describe(node, tensors, sizes))
    const name =
      formula.kind === 'constant'
        ? first.name
        : (reshape && inferred(formula, emitter)) || emitter.formula(formula, first.dtype)
    if (formula.kind === 'constant') kept.add(first.name)
    unified.set(key, name)
    return name
  }

  const nodes = model.nodes.map((node, i): OnnxNode => {
    const same = map(models, (m) => m.nodes[i])
    const [, b, c] = same
    if (!alike(node, b) || !alike(node, c)) refuse(differ(same, sizes))
    const inputs = node.inputs.map((name, j) => {
      if (name === '') return name
      const given = map(same, (n) => (n as OnnxNode).inputs[j] as string)
      const tensors = map(given, (x, k) => constants[k]?.get(x))
      if (tensors.every((t) => t !== undefined)) return constant(tensors as Three<OnnxInitializer>, node, j)
      if (!given.every((x, k) => names[k]?.get(x) === name))
        refuse(`${operation(node)} takes other operands at other sizes`)
      return name
    })
    for (const [k, n] of same.entries())
      for (const [j, x] of (n as OnnxNode).outputs.entries()) names[k]?.set(x, node.outputs[j] as string)
    return { ...node, inputs }
  })
  const longer = map(models, (m) => m.nodes[model.nodes.length])
  if (longer.some((node) => node !== undefined)) refuse(differ(longer, sizes))

  const batchOf = (types: Three<OnnxTensorType>): OnnxTensorType => {
    const fit = fitNumbers(
      map(types, (t) => t.shape),
      sizes,
      true,
    )
    if (fit?.basis.of !== 'n')
      return refuse(
        `the shape of '${types[0].name}' is ${types.map((t, k) => `[${t.shape}] at ${sizes[k]}`).join(', ')}`,
      )
    const batch = fit.scales.map((scale, i): BatchLength | undefined =>
      scale === 0 ? undefined : { scale, offset: fit.offsets[i] as number },
    )
    return batch.some((d) => d) ? { ...types[0], batch } : types[0]
  }
  const typesOf = (place: 'inputs' | 'outputs') =>
    model[place].map((_, i) => batchOf(map(models, (m) => m[place][i] as OnnxTensorType)))
  return {
    nodes: [...emitter.nodes, ...nodes],
    initializers: [...model.initializers.filter((t) => kept.has(t.name)), ...emitter.initializers],
    inputs: typesOf('inputs'),
    outputs: typesOf('outputs'),
    batchSymbol: symbol,
  }
}

/** A shape for `Reshape` with one length that follows the batch size: ONNX infers that. */
function inferred(formula: Formula, emitter: BatchEmitter): string | undefined {
  if (formula.kind !== 'elements') return undefined
  const { scales, offsets } = formula.fit
  if (scales.filter((scale) => scale !== 0).length > 1) return undefined
  const shape = scales.map((scale, i) => (scale === 0 ? (offsets[i] as number) : -1))
  return emitter.constant(shape, formula.shape, 'int64')
}

const alike = (a: OnnxNode, b: OnnxNode | undefined): boolean =>
  a.opType === b?.opType &&
  a.domain === b.domain &&
  a.inputs.length === b.inputs.length &&
  a.outputs.length === b.outputs.length &&
  stringify(a.attributes) === stringify(b.attributes)

function differ(nodes: Three<OnnxNode | undefined>, sizes: Three<number>): string {
  const attributes = nodes.every(
    (n) => n?.opType === nodes[0]?.opType && n?.outputs.length === nodes[0]?.outputs.length,
  )
  const each = nodes.map((n, k) => {
    const detail = attributes
      ? ` with ${stringify(n?.attributes)}`
      : n && n.outputs.length > 1
        ? ` into ${n.outputs.length}`
        : ''
    return `${operation(n)}${detail} at ${sizes[k]}`
  })
  return `it computes otherwise at other sizes: ${each.join(', ')}`
}

function describe(node: OnnxNode, tensors: Three<OnnxInitializer>, sizes: Three<number>): string {
  const each = tensors.map(({ shape, data }, k) => {
    const some = Array.from(data.subarray(0, 4), String).join(',')
    return `[${some}${data.length > 4 ? ',…' : ''}] of shape [${shape}] at ${sizes[k]}`
  })
  return `${operation(node)} takes a constant that follows the batch size in no way that is known: ${each.join(', ')}`
}
