import { flatten, type Tree, type TreeShape } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'
import { type Graph, GraphBuilder, type TensorType } from '../graph/graph.ts'
import { traceBackend } from './backend.ts'

/** A traced function and how its results were put together. */
export interface Trace {
  readonly graph: Graph
  readonly results: TreeShape
}

const isTensor = (x: unknown): x is tf.Tensor => x instanceof tf.Tensor

/**
 * Calls a function of tensors once, on symbolic tensors of the given types, and records what it does as a graph.
 * Gradients (`tf.grads`, `tf.valueAndGrads`, …) inside of the function are recorded like everything else.
 * @param types of the arguments' leaves, in order; `args` puts tensors in their place.
 * @throws if the function reads values, uses an op without a rule, or a tensor from outside; the message names the op.
 */
export function trace(fn: (...args: never[]) => unknown, types: readonly TensorType[], args: TreeShape): Trace {
  const { name, backend } = traceBackend()
  const engine = tf.engine()
  const before: string | undefined = engine.backendName
  const builder = new GraphBuilder()
  backend.begin(builder)
  // Synchronous for a backend that is made synchronously.
  void engine.setBackend(name)
  try {
    let traced: Trace | undefined
    engine.tidy(() => {
      const leaves = types.map((type) => {
        const { dataId, shape, dtype } = backend.handle(builder.input(type))
        return engine.makeTensorFromDataId(dataId, shape, dtype, backend)
      })
      const { leaves: outputs, shape } = resultOf(fn(...(args.rebuild(leaves) as never[])))
      const values = outputs.map((t) => backend.valueOf(t, 'the result'))
      // Not returned: tidy would walk through the whole graph in search of tensors.
      traced = { graph: builder.finish(values), results: shape }
    })
    return traced as unknown as Trace
  } catch (error) {
    clearTape()
    throw explained(error)
  } finally {
    backend.builder = undefined
    if (before) void engine.setBackend(before)
    // None was active yet: tfjs chooses one when it needs one.
    else Object.assign(engine, { backendName: undefined, backendInstance: null })
  }
}

/** Takes the tensors out of what the function returned. */
function resultOf(result: unknown): { leaves: tf.Tensor[]; shape: TreeShape } {
  if (result instanceof Promise) {
    // What it would say comes too late.
    result.catch(() => {})
    throw new CascadeError('input', 'jit: expected a function that returns tensors, got a promise')
  }
  try {
    return flatten(result as Tree<tf.Tensor>, isTensor)
  } catch (error) {
    const message = error instanceof Error ? error.message : error
    throw new CascadeError('input', `jit: expected a function that returns a tree of tensors: ${message}`)
  }
}

/** Frees what an interrupted `tf.grads` keeps for its backward pass: tfjs does so only at its end. */
function clearTape(): void {
  const { state } = tf.engine()
  if (state.gradientDepth > 0) return
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved)
  state.activeTape = []
}

/** tfjs's own message for a missing kernel speaks of backends; ours says what it means here. */
function explained(error: unknown): unknown {
  const missing = error instanceof Error && /Kernel '(\w+)' not registered for backend/.exec(error.message)
  if (missing)
    return new CascadeError(
      'input',
      `jit: '${missing[1]}' cannot be traced: there is no rule for it. See the list of kernels in the README`,
    )
  const gradient =
    error instanceof Error && /Cannot compute gradient: gradient function not found for (\w+)/.exec(error.message)
  if (gradient)
    return new CascadeError(
      'input',
      `jit: no gradient is registered for '${gradient[1]}'` +
        (tf.getGradient('Add') === undefined
          ? '. @tensorflow/tfjs-core alone registers none: import @cascade-diffusion/ops, or @tensorflow/tfjs'
          : ''),
    )
  return error
}

/** @throws if a function is being traced just now. */
export function refuseInsideTrace(): void {
  if (traceBackend().backend.builder)
    throw new CascadeError(
      'input',
      'jit: a traced function called another jitted function; call the plain function instead',
    )
}
