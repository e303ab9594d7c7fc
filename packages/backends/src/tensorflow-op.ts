import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core'

/** The part of tfjs-node's backend that runs an operation of TensorFlow. */
export interface TensorFlowBackend extends KernelBackend {
  readonly binding: Readonly<Record<`TF_ATTR_${'BOOL' | 'FLOAT' | 'INT' | 'STRING' | 'TYPE'}` | 'TF_FLOAT', number>>
  executeSingleOutput(op: string, attrs: readonly OpAttribute[], inputs: readonly TensorInfo[]): TensorInfo
}

interface OpAttribute {
  readonly name: string
  readonly type: number
  readonly value: unknown
}

/** Runs an operation of TensorFlow on float32 tensors. */
export function runOp(
  backend: TensorFlowBackend,
  op: string,
  inputs: readonly TensorInfo[],
  attrs: Readonly<Record<string, boolean | string | readonly number[]>>,
): TensorInfo {
  const { binding } = backend
  const typeOf = (value: unknown) =>
    typeof value === 'boolean'
      ? binding.TF_ATTR_BOOL
      : typeof value === 'string'
        ? binding.TF_ATTR_STRING
        : binding.TF_ATTR_INT
  const all = Object.entries(attrs).map(([name, value]) => ({ name, type: typeOf(value), value }))
  return backend.executeSingleOutput(
    op,
    [{ name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }, ...all],
    inputs,
  )
}
