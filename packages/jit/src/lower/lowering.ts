import { type DataOf, type DType, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { constantKey, type Node, stringify, type Value } from '../graph/graph.ts'
import {
  type Attribute,
  type ElementType,
  elementTypes,
  type HalfPrecision,
  type OnnxInitializer,
  type OnnxNode,
} from '../onnx/model.ts'
import { identity, isIdentity, type Layout, physicalShape, sameLayout, sameOrder } from './layout.ts'
import type { Target } from './target.ts'

/** A tensor of the ONNX graph: a name, and its shape in memory. */
export interface Physical {
  readonly name: string
  readonly shape: readonly number[]
}

/** A traced value as it lies in memory. */
export interface Placed extends Physical {
  readonly layout: Layout
}

/** What rules that cut axes into equal parts know of the batch size, and record. */
export interface Lengths {
  /** The size at which the function was traced: a prime. */
  readonly batch: number
  /** Whether axes may be cut at all. */
  readonly cut: boolean
  /** Every length that decided something. Each has to be fixed, or a multiple of the batch size. */
  readonly seen: number[]
}

/**
 * Collects the ONNX nodes of a graph that is being lowered. A rule asks for its operands in a layout of its choice
 * (`at`), emits operators (`op`), and says where it left the results (`set`). Equal operators on equal operands are
 * emitted once. So rules share work without knowing of each other: the gradient for a convolution's filter uses the
 * tiles of the forward pass.
 */
export class Lowering {
  readonly nodes: OnnxNode[] = []
  readonly initializers: OnnxInitializer[] = []
  readonly #placed = new Map<Value, Placed>()
  readonly #known = new Map<string, readonly string[]>()
  /** What was transposed and how, so that a transpose of it starts from the original. */
  readonly #transposed = new Map<string, { of: Physical; perm: readonly number[]; shape: readonly number[] }>()
  readonly #shared = new Map<string, Physical>()
  #count = 0

  /** @param lengths for a model of any batch size, where rules must not rely on what holds at one size only. */
  constructor(
    readonly target: Target,
    readonly lengths?: Lengths,
  ) {}

  /** The operand in the layout that it has. */
  placed(value: Value): Placed {
    const placed = this.#placed.get(value)
    if (!placed) throw new CascadeError('internal', `jit: value ${value.id} is used before it is lowered`)
    return placed
  }

  /** The operand in a layout, by default in logical order. It is transposed if it has another one. */
  at(value: Value, layout: Layout = identity(value.shape.length)): Physical {
    const placed = this.placed(value)
    const shape = physicalShape(value.shape, layout)
    if (sameLayout(placed.layout, layout)) return placed
    if (sameOrder(value.shape, placed.layout, layout)) return this.reshape(placed, shape)
    return this.transpose(
      placed,
      layout.map((axis) => placed.layout.indexOf(axis)),
    )
  }

  /** Records where a value lies. */
  set(value: Value, physical: Physical, layout: Layout = identity(value.shape.length)): void {
    const shape = physicalShape(value.shape, layout)
    const lies = String(shape) === String(physical.shape) ? physical : this.reshape(physical, shape)
    this.#placed.set(value, { name: lies.name, shape, layout })
  }

  /** Emits an operator with one result of the given shape. */
  op(
    opType: string,
    inputs: readonly Physical[],
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Physical {
    return { name: this.ops(opType, inputs, 1, attributes, domain)[0] as string, shape }
  }

  /** Emits an operator with several results and returns their names. */
  ops(
    opType: string,
    inputs: readonly Physical[],
    outputs: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): readonly string[] {
    const key = `${domain}.${opType}(${inputs.map((i) => i.name)})${stringify(attributes)}`
    let names = this.#known.get(key)
    if (!names) {
      names = Array.from({ length: outputs }, () => `v${this.#count++}`)
      this.#known.set(key, names)
      this.nodes.push({ opType, domain, inputs: inputs.map((i) => i.name), outputs: names, attributes })
    }
    return names
  }

  /** A constant of the ONNX graph. Small ones are kept once. */
  constant<D extends DType>(data: DataOf[D], shape: readonly number[], dtype: D): Physical {
    return this.#initializer({ dtype, shape, data })
  }

  /** A constant that is expensive to compute, made once for each `name`. */
  shared(name: string, make: () => Physical): Physical {
    const known = this.#shared.get(name) ?? make()
    this.#shared.set(name, known)
    return known
  }

  /** A float32 constant from numbers. */
  floats(values: ArrayLike<number>, shape: readonly number[] = [values.length]): Physical {
    return this.constant(Float32Array.from(values), shape, 'float32')
  }

  /** A constant of one value for all of an operand's elements: a scalar of its type. */
  scalar(value: number, dtype: Exclude<ElementType, 'int64' | HalfPrecision> = 'float32'): Physical {
    const array = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array }[dtype]
    return this.#initializer({ dtype, shape: [], data: array.of(value) })
  }

  cast(x: Physical, from: ElementType, to: ElementType): Physical {
    return from === to ? x : this.op('Cast', [x], x.shape, { to: elementTypes[to] })
  }

  /** An int64 constant: shapes, axes and indices. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): Physical {
    return this.#initializer({ dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) })
  }

  reshape(x: Physical, shape: readonly number[]): Physical {
    if (String(x.shape) === String(shape)) return x
    if (sizeOf(x.shape) !== sizeOf(shape))
      throw new CascadeError('internal', `jit: expected a shape of as many elements as [${x.shape}], got [${shape}]`)
    return this.op('Reshape', [x, this.ints(shape)], shape)
  }

  transpose(x: Physical, perm: readonly number[]): Physical {
    if (isIdentity(perm)) return x
    const earlier = this.#transposed.get(x.name)
    if (earlier && sameLayout(x.shape, earlier.shape))
      return this.transpose(
        earlier.of,
        perm.map((axis) => earlier.perm[axis] as number),
      )
    const y = this.op(
      'Transpose',
      [x],
      perm.map((axis) => x.shape[axis] as number),
      { perm },
    )
    this.#transposed.set(y.name, { of: x, perm, shape: y.shape })
    return y
  }

  #initializer(tensor: Omit<OnnxInitializer, 'name'>): Physical {
    const small = tensor.data.length <= 1024
    const key = small ? constantKey(tensor.dtype, tensor.shape, tensor.data) : ''
    const known = small ? this.#known.get(key) : undefined
    const name = known?.[0] ?? `c${this.#count++}`
    if (!known) {
      this.initializers.push({ ...tensor, name })
      if (small) this.#known.set(key, [name])
    }
    return { name, shape: tensor.shape }
  }
}

/** How a kernel's nodes are lowered. */
export type Rule = (lowering: Lowering, node: Node) => void
