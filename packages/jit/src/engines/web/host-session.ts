import type { NDArray } from '@cascade-diffusion/arrays'
import type { WebDefinition } from '../definition.ts'
import { hostExecutable } from '../shared/host-executable.ts'

/** Runs a session of `onnxruntime-web` on arguments and results in host memory. */
export const webHostSession: WebDefinition['executable'] = (model, { session, tensorOf, inTurn }) =>
  hostExecutable(
    model,
    async (inputs, outputs) => {
      const feeds = Object.fromEntries(model.inputs.map(({ name }, i) => [name, tensorOf(inputs[i] as NDArray)]))
      const results = await inTurn(() => session.run(feeds))
      for (const [i, { name }] of model.outputs.entries()) outputs[i]?.data.set(results[name]?.data as never)
    },
    () => inTurn(() => session.release()),
  )
