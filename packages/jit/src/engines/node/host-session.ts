import type { NDArray } from '@cascade-diffusion/arrays'
import type { OnnxTensorType } from '../../onnx/model.ts'
import type { NodeDefinition } from '../definition.ts'
import { hostExecutable } from '../shared/host-executable.ts'
import { runUncopied } from './uncopied.ts'

/** Runs a session of `onnxruntime-node` on arguments and results in host memory. */
export const hostSession: NodeDefinition['executable'] = (ort, model, { session, release }, optimised) => {
  // A tensor shares the host array's memory, which ONNX Runtime reads and writes directly.
  const named = (types: readonly OnnxTensorType[], arrays: readonly NDArray[]) =>
    Object.fromEntries(
      types.map(({ name }, i) => {
        const { dtype, data, shape } = arrays[i] as NDArray
        return [name, new ort.Tensor(dtype, data as never, shape)]
      }),
    )
  return hostExecutable(
    { ...model, asWritten: !optimised },
    async (inputs, outputs) => {
      const fetches = named(model.outputs, outputs)
      const run = (more = {}) => session.run(named(model.inputs, inputs), { ...more, ...fetches })
      await (model.sequence ? runUncopied(run) : run())
    },
    release,
  )
}
