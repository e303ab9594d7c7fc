import type { GraphBuilder, Value } from '../graph/graph.ts'
import { call, first, type Kernel, type Kernels, notRecorded } from './kernel.ts'

/** Calls a kernel on values of the graph. */
export type Run = (op: string, operands: readonly Value[], attributes?: object) => Value

type Compose = (
  run: Run,
  operand: (name: string) => Value | undefined,
  given: Record<string, unknown>,
  builder: GraphBuilder,
) => Value

/** Makes kernels that are recorded as calls of others, the `parts`. */
export const composer =
  (parts: Kernels) =>
  (inputs: Kernel['inputs'], compose: Compose): Kernel => ({
    inputs,
    attributes: (given, _, names) => ({ ...given, names }),
    simplify: (values, attributes, builder) => {
      const names = attributes.names as string[]
      const run: Run = (op, operands, given = {}) =>
        first(call(builder, op, parts[op] as Kernel, operands, given as Record<string, unknown>))
      return compose(run, (name) => values[names.indexOf(name)], attributes, builder)
    },
    infer: notRecorded,
    lower: notRecorded,
  })
