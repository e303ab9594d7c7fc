import {
  type ArgumentsOf,
  type ArraysOf,
  type Compiled,
  type DeviceArraysOf,
  flatten,
  isNDArray,
  type NDArray,
  type Tree,
  type TreeShape,
  takeArguments,
} from '@cascade-diffusion/arrays'
import type { Engine, Executable } from './engines/engine.ts'
import { onnxRuntimeNode } from './engines/onnxruntime-node.ts'
import type { TensorType } from './graph/graph.ts'
import { lower } from './lower/lower.ts'
import { refuseInsideTrace, trace } from './trace/trace.ts'

/** Options of {@link jit}. */
export interface JitOptions {
  /** What runs the compiled function; ONNX Runtime on the CPU by default. */
  engine?: Engine
}

/** One specialisation: the function compiled for one set of argument shapes. */
interface Program {
  readonly executable: Executable
  readonly results: TreeShape
  readonly types: readonly TensorType[]
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
 * @throws when called, if the function cannot be traced; the message names the op.
 */
export function jit<Args extends readonly unknown[], Out>(
  fn: (...args: Args) => Out,
  { engine = onnxRuntimeNode() }: JitOptions = {},
): Compiled<Args, Out> {
  const programs = new Map<string, Promise<Program>>()

  const build = async (types: readonly TensorType[], shape: TreeShape): Promise<Program> => {
    const { graph, results } = trace(fn as never, types, shape)
    const executable = await engine.compile(lower(graph, engine.target))
    return { executable, results, types: graph.outputs.map(({ dtype, shape }) => ({ dtype, shape })) }
  }

  const programFor = (leaves: Inputs, shape: TreeShape): Promise<Program> => {
    const key = JSON.stringify(shape.rebuild(leaves.map(describe)))
    const made = programs.get(key)
    if (made) return made
    const program = build(leaves, shape)
    programs.set(key, program)
    program.catch(() => programs.delete(key))
    return program
  }

  const call = async <R>(
    args: readonly unknown[],
    use: (program: Program, inputs: Inputs) => Promise<R>,
  ): Promise<R> => {
    const { leaves, shape, disposeDonated } = takeArguments(args)
    const result = await use(await programFor(leaves, shape), leaves)
    disposeDonated()
    return result
  }

  const run = (args: readonly unknown[]) =>
    call(
      args,
      async ({ executable, results }, inputs) => results.rebuild(await executable.run(inputs)) as ArraysOf<Out>,
    )

  const runOnDevice = (args: readonly unknown[]) =>
    call(args, async ({ executable, results }, inputs) => {
      return results.rebuild(await executable.runOnDevice(inputs)) as DeviceArraysOf<Out>
    })

  const runInto = (out: ArraysOf<Out>, args: readonly unknown[]) =>
    call(args, async ({ executable, results, types }, inputs) => {
      const given = flatten(out as Tree<NDArray>, isNDArray)
      if (String(given.shape.paths) !== String(results.paths))
        throw new Error(`jit: expected arrays for the results [${results.paths}], got [${given.shape.paths}]`)
      given.leaves.forEach((leaf, i) => {
        const type = types[i] as TensorType
        if (describe(leaf) !== describe(type))
          throw new Error(`jit: expected ${describe(type)} for the result '${results.paths[i]}', got ${describe(leaf)}`)
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
