import {
  type ArgumentsOf,
  type ArraysOf,
  type Compiled,
  type DeviceArraysOf,
  type DType,
  flatten,
  isNDArray,
  type NDArray,
  type Tree,
  type TreeShape,
  takeArguments,
} from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkOptions } from '@cascade-diffusion/checks'
import { type BatchAxesTree, batchPolicy } from './batch/batch-axes.ts'
import { lowerBatch } from './batch/lower-batch.ts'
import type { BatchAxes } from './batch/unify.ts'
import { lower } from './compile/lower.ts'
import type { EngineName } from './engines/definition.ts'
import type { Engine, Executable } from './engines/engine.ts'
import { automaticEngine, defaultEngine, engineNamed } from './engines/named-engines.ts'
import { probePrecision } from './engines/probe.ts'
import type { TensorType } from './graph/graph.ts'
import { direct, type Target } from './lower/target.ts'
import { toHalf } from './onnx/half.ts'
import { type HalfPrecision, type OnnxModel, outputShapes } from './onnx/model.ts'
import { refuseInsideTrace, trace } from './trace/trace.ts'

/** Options of {@link jit}. */
export interface JitOptions {
  /**
   * What runs the compiled function: an engine, or its name. `auto` is the fastest engine that works here. Default:
   * `cpu` in Node.js, `auto` in a browser.
   */
  engine?: EngineName | 'auto' | Engine
  /**
   * Compiles one program for all batch sizes, where the default is one program for each. Either the axes of the
   * arguments that have the batch's size, `[null, 0, { label: 0 }]`, or `true`: then the first call that differs from
   * an earlier one in the leading axis of some arguments compiles a program for all sizes of that axis.
   */
  dynamicBatch?: BatchAxesTree | boolean
  /**
   * The type in which intermediate results are stored and multiplied: `float32` (the default), `float16` or `bfloat16`.
   * The 16-bit types are for GPUs, which move half the memory then and have units for them. Arguments, results, sums,
   * norms, losses and updates of arguments stay float32.
   */
  precision?: 'float32' | HalfPrecision
}

/** The function compiled for one set of argument shapes, of which the batch size may be left open. */
interface Program {
  /** The types of the model's inputs and outputs. */
  readonly model: Pick<OnnxModel, 'inputs' | 'outputs'>
  readonly results: TreeShape
  readonly executable: Executable
}

type Inputs = Parameters<Executable['run']>[0]

const describe = ({ dtype, shape }: TensorType) => `${dtype}[${shape}]`

/**
 * Compiles a function of tfjs tensors, as `jax.jit` does for JAX. The first call with arguments of given shapes calls
 * the function once, on symbolic tensors, and records what it does, gradients included. The record is compiled to one
 * ONNX graph, which this and later calls with the same shapes run.
 *
 * Arguments and results are trees: of tensors for the function, of host arrays for the caller. The function must be
 * pure: whatever else it uses is fixed at the first call. `tf.tensor(values, shape)` inside of it makes a constant,
 * which shares the memory of `values` until it is compiled.
 * @throws {CascadeError} of code `input` if `fn` is not a function or an option is unknown. The compiled function
 * throws one of code `input` if the function cannot be traced, whose message names the op, and of code `engine` if the
 * engine does not work here, or not in this precision.
 */
export function jit<Args extends readonly unknown[], Out>(
  fn: (...args: Args) => Out,
  options: JitOptions = {},
): Compiled<Args, Out> {
  checkFunction('jit', 'a function of tensors', fn)
  checkOptions('jit', options, { engine: true, dynamicBatch: true, precision: true })
  const { engine = defaultEngine(), dynamicBatch = false, precision = 'float32' } = options
  const programs = new Map<string, Promise<Program>>()

  const axesOf = batchPolicy(dynamicBatch)
  const given = engine === 'auto' || typeof engine !== 'string' ? engine : engineNamed(engine)

  const lowered = (
    types: readonly TensorType[],
    shape: TreeShape,
    { axes, target }: { axes: BatchAxes | undefined; target: Target },
  ) => {
    if (axes) return lowerBatch(fn as never, types, shape, { axes, target })
    const { graph, results } = trace(fn as never, types, shape)
    return { model: lower(graph, target), results }
  }

  const build = async (
    types: readonly TensorType[],
    shape: TreeShape,
    axes: BatchAxes | undefined,
  ): Promise<Program> => {
    // A known engine is not awaited: constants have the values that they have now.
    const chosen = given === 'auto' ? await automaticEngine() : given
    const half = precision === 'float32' ? undefined : precision
    const target = half ? direct(chosen.target) : chosen.target
    const { model, results } = lowered(types, shape, { axes, target })
    const { inputs, outputs } = model
    if (half) await probePrecision(chosen, half)
    const executable = await chosen.compile(half ? toHalf(model, half) : model)
    return { model: { inputs, outputs }, results, executable }
  }

  const programFor = (leaves: Inputs, shape: TreeShape): Promise<Program> => {
    const axes = axesOf(leaves, shape)
    const open = leaves.map((leaf, i) => `${leaf.dtype}[${leaf.shape.map((d, k) => (k === axes?.[i] ? '*' : d))}]`)
    const key = JSON.stringify(shape.rebuild(open))
    const made = programs.get(key)
    if (made) return made
    const program = build(leaves, shape, axes)
    programs.set(key, program)
    program.catch(() => programs.delete(key))
    return program
  }

  const call = async <R>(
    args: readonly unknown[],
    use: (program: Program, inputs: Inputs, donated: readonly boolean[]) => Promise<R>,
  ): Promise<R> => {
    const { leaves, shape, donated, disposeDonated } = takeArguments(args)
    const result = await use(await programFor(leaves, shape), leaves, donated)
    disposeDonated()
    return result
  }

  const run = (args: readonly unknown[]) =>
    call(
      args,
      async ({ executable, results }, inputs) => results.rebuild(await executable.run(inputs)) as ArraysOf<Out>,
    )

  const runOnDevice = (args: readonly unknown[]) =>
    call(args, async ({ executable, results }, inputs, donated) => {
      return results.rebuild(await executable.runOnDevice(inputs, donated)) as DeviceArraysOf<Out>
    })

  const runInto = (out: ArraysOf<Out>, args: readonly unknown[]) =>
    call(args, async ({ model, executable, results }, inputs) => {
      const given = flatten(out as Tree<NDArray>, isNDArray)
      if (String(given.shape.paths) !== String(results.paths))
        throw new CascadeError(
          'input',
          `jit: expected arrays for the results [${results.paths}], got [${given.shape.paths}]`,
        )
      const shapes = outputShapes(model, inputs)
      given.leaves.forEach((leaf, i) => {
        const type = { dtype: model.outputs[i]?.dtype as DType, shape: shapes[i] as readonly number[] }
        if (describe(leaf) !== describe(type))
          throw new CascadeError(
            'input',
            `jit: expected ${describe(type)} for the result '${results.paths[i]}', got ${describe(leaf)}`,
          )
      })
      await executable.run(inputs, given.leaves)
    })

  const dispose = async (): Promise<void> => {
    const made = [...programs.values()]
    programs.clear()
    await Promise.all(
      made.map((program) =>
        program.then(
          ({ executable }) => executable.dispose(),
          () => {},
        ),
      ),
    )
  }

  // Not async: a traced function ignores promises, so the error has to be thrown at once.
  const compiled = (...args: ArgumentsOf<Args>) => {
    refuseInsideTrace()
    return run(args)
  }
  const into = (out: ArraysOf<Out>, ...args: ArgumentsOf<Args>) => {
    refuseInsideTrace()
    return runInto(out, args)
  }
  const onDevice = (...args: ArgumentsOf<Args>) => {
    refuseInsideTrace()
    return runOnDevice(args)
  }
  return Object.assign(compiled, { into, onDevice, dispose })
}
