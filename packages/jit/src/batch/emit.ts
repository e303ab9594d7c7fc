import { halfNumbers } from '../onnx/half-numbers.ts'
import { type BatchLength, type ElementType, elementTypes, type OnnxInitializer, type OnnxNode } from '../onnx/model.ts'
import type { Fit } from './fit.ts'
import type { Formula } from './formula.ts'

const arrays = {
  float32: (x: readonly number[]) => Float32Array.from(x),
  float64: (x: readonly number[]) => Float64Array.from(x),
  int32: (x: readonly number[]) => Int32Array.from(x),
  int64: (x: readonly number[]) => BigInt64Array.from(x, BigInt),
  bool: (x: readonly number[]) => Uint8Array.from(x),
  float16: (x: readonly number[]) => halfNumbers(x, 'float16'),
  bfloat16: (x: readonly number[]) => halfNumbers(x, 'bfloat16'),
} satisfies Record<ElementType, (x: readonly number[]) => OnnxInitializer['data']>

/** Emits the operators that compute what depends on the batch size from an input's shape, when the model runs. */
export class BatchEmitter {
  readonly nodes: OnnxNode[] = []
  readonly initializers: OnnxInitializer[] = []
  readonly #known = new Map<string, string>()
  readonly #input: string
  readonly #axis: number

  /**
   * @param input the input whose shape has the batch size.
   * @param axis the axis of that input.
   */
  constructor(input: string, axis: number) {
    this.#input = input
    this.#axis = axis
  }

  /** A tensor that follows a formula. */
  formula(formula: Exclude<Formula, { kind: 'constant' }>, dtype: ElementType): string {
    if (formula.kind === 'elements') return this.numbers(formula.fit, formula.shape, dtype)
    if (formula.kind === 'spread') {
      const value = this.#part(formula.value, formula.values, [], dtype)
      const shape = this.numbers(formula.shape, [formula.shape.scales.length], 'int64')
      return this.#op('Expand', [value, shape])
    }
    const { start, step, length, view, values, shape } = formula
    const [outer, inner] = view
    const first = this.#part(start, values.start, [outer, 1, inner], dtype)
    const line = step
      ? this.#op('Add', [
          this.#op('Mul', [this.#count(length, dtype), this.#part(step, values.step, [outer, 1, inner], dtype)]),
          first,
        ])
      : this.#op('Expand', [first, this.#lengths([outer, length, inner])])
    return this.#op('Reshape', [line, this.constant(shape, [shape.length], 'int64')])
  }

  /** Numbers that depend on the batch size. */
  numbers({ basis, scales, offsets }: Fit, shape: readonly number[], dtype: ElementType): string {
    const unit = this.#basis(basis.of, dtype)
    let x = unit
    if (basis.divides) x = this.#op('Div', [this.constant(scales, shape, dtype), unit])
    else if (shape.length > 0 || scales[0] !== 1) x = this.#op('Mul', [this.constant(scales, shape, dtype), unit])
    return offsets.every((b) => b === 0) ? x : this.#op('Add', [x, this.constant(offsets, shape, dtype)])
  }

  constant(values: readonly number[], shape: readonly number[], dtype: ElementType): string {
    const key = `${dtype}[${shape}]=${values}`
    let name = this.#known.get(key)
    if (!name) {
      name = `n${this.#known.size}`
      this.#known.set(key, name)
      this.initializers.push({ name, dtype, shape, data: arrays[dtype](values) })
    }
    return name
  }

  /** The batch size as a scalar, its square, or one less. */
  #basis(of: Fit['basis']['of'], dtype: ElementType): string {
    const shape = this.#op('Shape', [this.#input])
    const size = this.#op('Gather', [shape, this.constant([this.#axis], [], 'int64')], { axis: 0 })
    const n = dtype === 'int64' ? size : this.#op('Cast', [size], { to: elementTypes[dtype] })
    if (of === 'n²') return this.#op('Mul', [n, n])
    return of === 'n' ? n : this.#op('Sub', [n, this.constant([1], [], dtype)])
  }

  #part(formula: Formula, values: readonly number[], shape: readonly number[], dtype: ElementType): string {
    return formula.kind === 'constant' ? this.constant(values, shape, dtype) : this.formula(formula, dtype)
  }

  #lengths(lengths: readonly (number | BatchLength)[]): string {
    const scales = lengths.map((d) => (typeof d === 'number' ? 0 : d.scale))
    const offsets = lengths.map((d) => (typeof d === 'number' ? d : d.offset))
    return this.numbers({ basis: { of: 'n', divides: false }, scales, offsets }, [lengths.length], 'int64')
  }

  /** 0, 1, … up to a length, as a column. */
  #count({ scale, offset }: BatchLength, dtype: ElementType): string {
    const zero = this.constant([0], [], 'int64')
    const end = this.numbers({ basis: { of: 'n', divides: false }, scales: [scale], offsets: [offset] }, [], 'int64')
    const range = this.#op('Range', [zero, end, this.constant([1], [], 'int64')])
    const cast = dtype === 'int64' ? range : this.#op('Cast', [range], { to: elementTypes[dtype] })
    return this.#op('Reshape', [cast, this.constant([-1, 1], [2], 'int64')])
  }

  #op(opType: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string {
    const key = `${opType}(${inputs})${JSON.stringify(attributes)}`
    let output = this.#known.get(key)
    if (!output) {
      output = `n${this.#known.size}`
      this.#known.set(key, output)
      this.nodes.push({ opType, domain: '', inputs, outputs: [output], attributes, name: `Batch/${opType}_${output}` })
    }
    return output
  }
}
