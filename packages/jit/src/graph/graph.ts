import { allocate, type DataOf, type DType, sizeOf } from '@cascade-diffusion/arrays'

/** What is known of a tensor while tracing: its logical shape and element type, never its values. */
export interface TensorType {
  readonly shape: readonly number[]
  readonly dtype: DType
}

/** One tensor of a graph: an input (no node), or an output of the node that makes it. */
export interface Value extends TensorType {
  readonly id: number
  readonly node?: Node
}

/** Attributes of a node: plain data, or the typed array of a constant. */
export type Attributes = Readonly<Record<string, unknown>>

/** One operation. `op` is the name of its kernel. */
export interface Node {
  readonly op: string
  readonly inputs: readonly Value[]
  readonly attributes: Attributes
  readonly outputs: readonly Value[]
}

/** A traced function: operations on logical tensors in the order of the calls. It has no layouts and no engine. */
export interface Graph {
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly nodes: readonly Node[]
}

/** A text that differs for different numbers, for -0 and 0 too. */
const distinct = (x: number): string => (Object.is(x, -0) ? '-0' : `${x}`)

/** JSON that also distinguishes the numbers that JSON does not. */
export const stringify = (value: object | undefined): string =>
  value && Object.keys(value).length === 0
    ? '' // most have none
    : JSON.stringify(value, (_, x) => (typeof x === 'number' && (!Number.isFinite(x) || x === 0) ? distinct(x) : x))

/** A key that equal constants share. */
export const constantKey = (dtype: string, shape: readonly number[], data: ArrayLike<number | bigint>): string =>
  `${dtype}[${shape}]=${data instanceof Float32Array || data instanceof Float64Array ? Array.from(data, distinct) : data}`

/** Collects nodes. Equal operations on equal values are recorded once: functions of tensors have no side effects. */
export class GraphBuilder {
  readonly #nodes: Node[] = []
  readonly #inputs: Value[] = []
  readonly #known = new Map<string, Node>()
  #count = 0

  input(type: TensorType): Value {
    const value = { id: this.#count++, shape: [...type.shape], dtype: type.dtype }
    this.#inputs.push(value)
    return value
  }

  /** Records a node, or finds the equal one recorded before, and returns its outputs. */
  record(
    op: string,
    inputs: readonly Value[],
    attributes: Attributes,
    types: readonly TensorType[],
  ): readonly [Value, ...Value[]] {
    const key = `${op}(${inputs.map((v) => v.id)})${stringify(attributes)}:${types.map((t) => `${t.dtype}[${t.shape}]`)}`
    let node = this.#known.get(key)
    if (!node) {
      node = this.#append(op, inputs, attributes, types)
      this.#known.set(key, node)
    }
    return node.outputs as readonly [Value, ...Value[]]
  }

  /** A constant. The values are kept, not copied. Small ones are recorded once. */
  constant<D extends DType>(data: DataOf[D], shape: readonly number[], dtype: D): Value {
    if (data.length <= 64) {
      const key = constantKey(dtype, shape, data)
      let node = this.#known.get(key)
      if (!node) {
        node = this.#append('Constant', [], { data }, [{ shape, dtype }])
        this.#known.set(key, node)
      }
      return node.outputs[0] as Value
    }
    return this.#append('Constant', [], { data }, [{ shape, dtype }]).outputs[0] as Value
  }

  /** A tensor of equal elements, without memory for them. */
  splat(value: number, shape: readonly number[], dtype: DType): Value {
    if (sizeOf(shape) <= 64) return this.constant(allocate(dtype, sizeOf(shape)).fill(value) as never, shape, dtype)
    return this.record('Splat', [], { value }, [{ shape, dtype }])[0]
  }

  /** The finished graph. It has only the nodes that the outputs need. */
  finish(outputs: readonly Value[]): Graph {
    const needed = new Set<Node>()
    const pending = outputs.flatMap((v) => v.node ?? [])
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (needed.has(node)) continue
      needed.add(node)
      for (const input of node.inputs) if (input.node) pending.push(input.node)
    }
    return { inputs: this.#inputs, outputs, nodes: this.#nodes.filter((n) => needed.has(n)) }
  }

  #append(op: string, inputs: readonly Value[], attributes: Attributes, types: readonly TensorType[]): Node {
    const node = { op, inputs, attributes, outputs: [] as Value[] }
    for (const { shape, dtype } of types) node.outputs.push({ id: this.#count++, shape: [...shape], dtype, node })
    this.#nodes.push(node)
    return node
  }
}

/** The value of all elements of a constant, if they are known to be equal. */
export function splatValue(value: Value): number | undefined {
  const { node } = value
  if (node?.op === 'Splat') return node.attributes.value as number
  if (node?.op !== 'Constant') return undefined
  const data = node.attributes.data as DataOf[DType]
  if (data.length === 0 || data.length > 64) return undefined
  return data.every((x) => x === data[0]) ? data[0] : undefined
}
