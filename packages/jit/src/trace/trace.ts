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
 * Calls a function once, on symbolic tensors of the given types, and records what it does as a graph.
 * Gradients inside of the function (`tf.grads`, `tf.valueAndGrads`, …) are recorded like everything else.
 * @param types of the arguments' leaves, in order.
 * @param args puts tensors in the places of the leaves.
 * @throws if the function reads values, uses an op without a rule, or a tensor from outside; the message names the op.
 */
export function trace(fn: (...args: never[]) => unknown, types: readonly TensorType[], args: TreeShape): Trace {
  const { name, backend } = traceBackend()
  const engine = tf.engine()
  const before: string | undefined = engine.backendName
  const builder = new GraphBuilder()
  backend.begin(builder)
  // This is synchronous, as the backend is made synchronously.
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
      // Assigned, not returned: tidy would search the whole graph for tensors.
      traced = { graph: builder.finish(values), results: shape }
    })
    return traced as unknown as Trace
  } catch (error) {
    clearTape()
    throw explained(error)
  } finally {
    backend.builder = undefined
    if (before) void engine.setBackend(before)
    // No backend was active yet. tfjs chooses one when it needs it.
    else Object.assign(engine, { backendName: undefined, backendInstance: null })
  }
}

/** Takes the tensors out of what the function returned. */
function resultOf(result: unknown): { leaves: tf.Tensor[]; shape: TreeShape } {
  if (result instanceof Promise) {
    // An error of the promise would come too late.
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

/** Frees what an interrupted `tf.grads` keeps for its backward pass, which tfjs frees only when it ends. */
function clearTape(): void {
  const { state } = tf.engine()
  if (state.gradientDepth > 0) return
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved)
  state.activeTape = []
}

/** tfjs's message for a missing kernel is about backends. This one says what it means while tracing. */
function explained(error: unknown): unknown {
  const missing = error instanceof Error && /Kernel '(\w+)' not registered for backend/.exec(error.message)
  if (missing)
    return new CascadeError(
      'unsupported',
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

/** @throws if a function is being traced. */
export function refuseInsideTrace(): void {
  if (traceBackend().backend.builder)
    throw new CascadeError(
      'input',
      'jit: a traced function called another jitted function; call the plain function instead',
    )
}
