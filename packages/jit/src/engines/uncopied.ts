import type { OnnxModel } from '../onnx/model.ts'

/**
 * onnxruntime-node 1.30 makes a copy of every result, also of those that it has written where they were wanted: a training
 * step spends a quarter of its time on that. It makes them in the order of the outputs, after the run, and gives up at one
 * that is no tensor. So a model whose results are all written where they are wanted gets an empty sequence for its first output.
 */
const SEQUENCE = 'uncopied'

/** The model with an empty sequence for its first output. */
export const withSequence = (model: OnnxModel): OnnxModel => ({
  ...model,
  nodes: [
    { opType: 'SequenceEmpty', domain: '', inputs: [], outputs: [SEQUENCE], attributes: {}, name: SEQUENCE },
    ...model.nodes,
  ],
  sequence: SEQUENCE,
})

/**
 * Runs such a model: `run` is called with what to fetch besides. The results lie where they were wanted, whether the package gave
 * up or not.
 * @throws what the run throws for any other reason.
 */
export async function runUncopied(run: (fetches: Record<string, null>) => Promise<unknown>): Promise<void> {
  try {
    await run({ [SEQUENCE]: null })
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('Non tensor type'))) throw error
  }
}
