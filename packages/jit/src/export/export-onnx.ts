import { CascadeError, checkOneOf } from '@cascade-diffusion/checks'
import { lowerBatch } from '../batch/lower-batch.ts'
import { lower } from '../compile/lower.ts'
import { direct, portable, type Target } from '../lower/target.ts'
import { storedInHalf, toHalf } from '../onnx/half.ts'
import type { HalfPrecision, OnnxInitializer, OnnxMetadata, OnnxModel } from '../onnx/model.ts'
import { trace } from '../trace/trace.ts'
import { type ExportArguments, type ExportLeaves, exportLeaves, pathNames } from './arguments.ts'
import { type Constants, foldMoves } from './fold.ts'
import { withNames } from './name.ts'

/** Options of {@link exportOnnx}. */
export interface ExportOptions {
  /**
   * Names of the arguments, in order. A tensor inside of an argument is named by the argument and its path,
   * `condition.label`; with `''` by the path alone. By default a single argument is named by its paths, or `input`;
   * several are `input0`, `input1`, …
   */
  inputs?: readonly string[]
  /** The name of the result, or the prefix of the names in a tree of results. Default: `output`; for a record, none. */
  output?: string
  /** The metadata of the file. */
  metadata?: OnnxMetadata
  /** How the graph is lowered. Default `portable`: standard operators only, and plain `Conv`. */
  target?: Target
  /** The type of the weights: `float32` (the default), or `float16` or `bfloat16`, which take half the space. */
  precision?: 'float32' | HalfPrecision
  /**
   * The type in which products of these weights are computed, and what follows them element by element: `precision` or
   * `float32`. Inputs, outputs, sums and norms are always float32. For `bfloat16` the default is `float32`: weights are
   * cast, and every ONNX Runtime opens the file. On processors it refuses a file with `arithmetic: 'bfloat16'`, which
   * is for engines that have it (CUDA on current GPUs, OpenVINO). For `float16` the default is `float16`, which
   * processors compute in float32.
   */
  arithmetic?: 'float32' | HalfPrecision
}

/**
 * Exports a function of tfjs tensors as an ONNX model, for ONNX Runtime from 1.16 on, other ONNX engines, and Netron.
 * Each tensor of the arguments is either described, and becomes an input, or given as a host array, and becomes a
 * weight: `exportOnnx(net.apply, [weights, { shape: ['N', 32, 32, 3] }, { shape: ['N'] }, {}], { inputs: ['', 'xt',
 * 'noise', ''] })`. A name in place of a length leaves the batch size open.
 * @throws as tracing does; if something depends on the batch size in a way that cannot be expressed (the message names
 * the op); and if `arithmetic` is neither `float32` nor `precision`.
 */
export function exportOnnx<Args extends readonly unknown[], Out>(
  fn: (...args: Args) => Out,
  args: ExportArguments<Args>,
  { inputs, output, metadata, target = portable, precision = 'float32', arithmetic }: ExportOptions = {},
): OnnxModel {
  checkOneOf('jit', 'precision', precision, ['float32', 'float16', 'bfloat16'])
  if (arithmetic !== undefined) checkOneOf('jit', 'arithmetic', arithmetic, [...new Set(['float32', precision])])
  const leaves = exportLeaves(args as readonly unknown[], inputs)
  const { model, results } = lowered(fn as never, leaves, precision === 'float32' ? target : direct(target))
  const prefix = output ?? (results.paths.every((path) => /^$|^\d/.test(path)) ? 'output' : '')
  const outputs = pathNames(prefix, results.paths)
  checkNames([...leaves.names, ...outputs])
  const ports = new Map<string, string>()
  const weights = new Map<string, string>()
  for (const [i, { name }] of model.inputs.entries())
    (leaves.weights[i] ? weights : ports).set(name, leaves.names[i] as string)
  for (const [i, { name }] of model.outputs.entries()) ports.set(name, outputs[i] as string)
  const named = withNames(simplified(model, leaves, weights), ports, weights)
  return { ...inPrecision(named, precision, arithmetic), metadata }
}

function inPrecision(
  model: OnnxModel,
  precision: 'float32' | HalfPrecision,
  arithmetic: 'float32' | HalfPrecision = precision === 'bfloat16' ? 'float32' : precision,
): OnnxModel {
  if (precision === 'float32') return model
  return arithmetic === 'float32' ? storedInHalf(model, precision) : toHalf(model, precision)
}

function lowered(fn: (...args: never[]) => unknown, { types, shape, axes, symbol }: ExportLeaves, target: Target) {
  if (symbol !== undefined) return lowerBatch(fn, types, shape, { axes, symbol, target })
  const { graph, results } = trace(fn, types, shape)
  return { model: lower(graph, target), results }
}

/**
 * Turns the inputs that have values into weights, and computes now what depends on weights alone and only moves them.
 */
function simplified(model: OnnxModel, leaves: ExportLeaves, weights: Map<string, string>): OnnxModel {
  const given = model.inputs.flatMap(({ name, dtype, shape }, i): OnnxInitializer[] => {
    const weight = leaves.weights[i]
    return weight ? [{ name, dtype, shape, data: weight.data }] : []
  })
  const tensors = [...given, ...model.initializers].map((t) => [t.name, t] as const)
  const constants: Constants = { tensors: new Map(tensors), weights }
  const nodes = foldMoves(model.nodes, constants, new Set(model.outputs.map((t) => t.name)))
  return {
    ...model,
    nodes,
    initializers: [...constants.tensors.values()],
    inputs: model.inputs.filter((_, i) => !leaves.weights[i]),
  }
}

/** @throws if two tensors would have the same name, or one would have none. */
function checkNames(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    throw new CascadeError('input', `jit: expected distinct names of inputs, weights and outputs, got '${twice}' twice`)
  if (names.includes(''))
    throw new CascadeError('input', "jit: expected names for all inputs and outputs, got '' for one")
}
