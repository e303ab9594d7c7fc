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
import type { Engine, Executable } from './engines/engine.ts'
import { automaticEngine, defaultEngine, engineNamed } from './engines/named-engines.ts'
import { probePrecision } from './engines/probe.ts'
import type { EngineName } from './engines/table.ts'
import type { TensorType } from './graph/graph.ts'
import { lower } from './lower/lower.ts'
import { direct, type Target } from './lower/target.ts'
import { toHalf } from './onnx/half.ts'
import { type HalfPrecision, type OnnxModel, outputShapes } from './onnx/model.ts'
import { refuseInsideTrace, trace } from './trace/trace.ts'

/** Options of {@link jit}. */
export interface JitOptions {
  /**
   * What runs the compiled function: an engine, or the name of one; `auto` is the fastest that works here. By default `cpu` in
   * Node.js and `auto` in a browser.
   */
  engine?: EngineName | 'auto' | Engine
  /**
   * One program for all batch sizes instead of one for each. By default there is none. The axes of the arguments that have
   * the batch's size: `[null, 0, { label: 0 }]`; or `true`, to find out: once a call differs from an earlier one in the
   * leading axis of some arguments, all sizes of that axis are served by one program.
   */
  dynamicBatch?: BatchAxesTree | boolean
  /**
   * What numbers are stored and multiplied as between arguments and results, which stay float32: `float32` (the default); or
   * `float16` or `bfloat16`, for GPUs, which have half the memory to move then, and units for it. Sums, norms, losses and
   * updates of float32 arguments stay float32.
   */
  precision?: 'float32' | HalfPrecision
}

/** One specialisation: the function compiled for one set of argument shapes, which may leave the batch size open. */
interface Program {
  /** Without its weights, which the executable has. */
  readonly model: Pick<OnnxModel, 'inputs' | 'outputs'>
  readonly results: TreeShape
  readonly executable: Executable
}

type Inputs = Parameters<Executable['run']>[0]

const describe = ({ dtype, shape }: TensorType) => `${dtype}[${shape}]`

/**
 * Compiles a function of tfjs tensors, as `jax.jit` does for JAX: at the first call with arguments of given shapes the
 * function is called once on symbolic tensors, what it does is recorded, gradients included, and the record is compiled
 * to one ONNX graph, which later calls with the same shapes run.
 *
 * Arguments and results are trees of tensors for the function, and the same trees of host arrays for the caller.
 * The function must be pure: anything else it uses is fixed at the first call. `tf.tensor(values, shape)` inside of it
 * makes a constant, which shares the memory of `values` until it is compiled.
 * @throws if `fn` is no function or an option is unknown; when called, if the function cannot be traced, and the message names the op; or if the engine does not work here, or not
 * in this precision.
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
    // No waiting for an engine that is known: constants are to have the values of now.
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

  // Not async: inside of a traced function, which ignores promises, the error has to be thrown at once.
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
