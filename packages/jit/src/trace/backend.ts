import type { DataOf, DType } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'
import type { Attributes, GraphBuilder, Value } from '../graph/graph.ts'
import { isComplex, type Traced } from '../kernels/complex.ts'
import { call, type Kernel } from '../kernels/kernel.ts'
import { kernels } from '../kernels/table.ts'
import { callComplex } from './complex.ts'

const NAME = 'trace'

/** A tfjs backend whose kernels record what is called instead of computing it. */
class TraceBackend extends tf.KernelBackend {
  /** The graph under construction; undefined outside of a trace. */
  builder: GraphBuilder | undefined
  #values = new WeakMap<object, Traced>()

  /** Starts a trace. The tensors of the last one are forgotten, and unknown in this one. */
  begin(builder: GraphBuilder): void {
    this.builder = builder
    this.#values = new WeakMap()
  }

  /** A handle from which tfjs can make a tensor. */
  handle(value: Traced): tf.TensorInfo {
    const dataId = {}
    this.#values.set(dataId, value)
    const { shape, dtype } = isComplex(value) ? { ...value.real, dtype: 'complex64' as const } : value
    return { dataId, shape: [...shape], dtype }
  }

  /** The value that a tensor stands for. @param op the kernel that uses it. */
  tracedOf(tensor: tf.TensorInfo, op: string): Traced {
    const value = this.#values.get(tensor.dataId)
    if (!value)
      throw new CascadeError(
        'input',
        `jit: '${op}' uses a ${tensor.dtype} tensor of shape [${tensor.shape}] that was made outside of the traced function; ` +
          'pass it as an argument, or make it inside with tf.tensor(values, shape)',
      )
    return value
  }

  /** The value of a tensor that has to be real. */
  valueOf(tensor: tf.TensorInfo, op: string): Value {
    const value = this.tracedOf(tensor, op)
    if (isComplex(value))
      throw new CascadeError(
        'input',
        `jit: expected a real tensor for '${op}', got a complex one of shape [${tensor.shape}]; use tf.real and tf.imag`,
      )
    return value
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    if (!this.builder)
      throw new CascadeError('input', "jit: the backend 'trace' makes tensors only while jit traces a function")
    const data = typed(values, dtype)
    return this.handle(this.builder.constant(data, shape, dtype as DType)).dataId
  }

  override readSync(dataId: object): never {
    if (!this.builder)
      throw new CascadeError(
        'input',
        'jit: a tensor of a traced function was used outside of it; return it from the function instead',
      )
    const traced = this.#values.get(dataId)
    const value = traced && isComplex(traced) ? traced.real : traced
    const maker = value?.node ? `result of '${value.node.op}'` : 'argument'
    throw new CascadeError(
      'input',
      `jit: the function reads the values of the ${maker}, ${value?.dtype} of shape [${value?.shape}], while it is traced. ` +
        'There are none yet: a compiled function cannot branch on values (use tf.where), nor call dataSync, arraySync or ops that do',
    )
  }

  override read(dataId: object): Promise<never> {
    return Promise.reject(this.#readError(dataId))
  }

  #readError(dataId: object): unknown {
    try {
      return this.readSync(dataId)
    } catch (error) {
      return error
    }
  }

  override disposeData = (): boolean => true
  override numDataIds = (): number => 0
  override refCount = (): number => 1
  override incRef = (): void => {}
  decRef = (): void => {}
  override floatPrecision = (): 32 => 32
  override epsilon = (): number => 1e-7
  override timerAvailable = (): boolean => false
  override move(): never {
    throw new CascadeError('input', "jit: a tensor of another backend was moved to 'trace'; pass it as an argument")
  }
  override dispose(): void {}
}

function typed(values: tf.BackendValues, dtype: tf.DataType): DataOf[DType] {
  const numbers = values as ArrayLike<number>
  if (dtype === 'float32') return values instanceof Float32Array ? values : Float32Array.from(numbers)
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(numbers)
  if (dtype === 'bool') return values instanceof Uint8Array ? values : Uint8Array.from(numbers)
  throw new CascadeError('input', `jit: expected a float32, int32 or bool tensor, got ${dtype}`)
}

/** Records one call of a kernel. */
function record(
  backend: TraceBackend,
  op: string,
  inputs: Kernel['inputs'],
  given: tf.NamedTensorInfoMap | undefined,
  attrs: object,
): tf.TensorInfo | tf.TensorInfo[] {
  const { builder } = backend
  if (!builder) throw new CascadeError('input', `jit: '${op}' was called on the backend 'trace' outside of a trace`)
  const named = (given ?? {}) as Record<string, tf.TensorInfo>
  const names = inputs === 'list' ? Object.keys(named) : inputs.filter((name) => named[name])
  const operands = names.map((name) => backend.tracedOf(named[name] as tf.TensorInfo, op))
  const kernel = kernels[op]
  try {
    const results =
      callComplex(builder, op, operands, attrs as Attributes) ??
      call(builder, op, kernel as Kernel, operands as Value[], attrs as Attributes, names)
    const handles = results.map((value) => backend.handle(value))
    return kernel?.returnsList ? handles : (handles[0] as tf.TensorInfo)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new CascadeError('input', message.startsWith('jit: ') ? message : `jit: '${op}' cannot be traced: ${message}`)
  }
}

let backend: TraceBackend | undefined

/** The one trace backend, registered with tfjs when first needed. */
export function traceBackend(): { name: string; backend: TraceBackend } {
  if (!backend) {
    const made = new TraceBackend()
    backend = made
    tf.registerBackend(NAME, () => made, 0)
    for (const [op, { inputs: names }] of Object.entries(kernels))
      tf.registerKernel({
        kernelName: op,
        backendName: NAME,
        kernelFunc: ({ inputs, attrs }) => record(made, op, names, inputs, attrs ?? {}),
      })
  }
  return { name: NAME, backend }
}
