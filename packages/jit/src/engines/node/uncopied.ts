import { elementTypes, type OnnxModel, type OnnxNode } from '../../onnx/model.ts'

/**
 * onnxruntime-node 1.30 makes a copy of every result, also of those that it has written where they were wanted: a training
 * step spends a quarter of its time on that. It makes them in the order of the outputs, after the run, and gives up at one
 * that is no tensor. So a model whose results are all written where they are wanted gets a sequence for its first output.
 */
const SEQUENCE = 'uncopied'

/** The model with a sequence for its first output: an empty one, or one of the small tensor of this name. */
export function withSequence(model: OnnxModel, tensor?: string): OnnxModel {
  const made: Pick<OnnxNode, 'opType' | 'inputs' | 'attributes'> =
    tensor === undefined
      ? { opType: 'SequenceEmpty', inputs: [], attributes: { dtype: elementTypes.int64 } }
      : { opType: 'SequenceConstruct', inputs: [tensor], attributes: {} }
  return {
    ...model,
    nodes: [...model.nodes, { ...made, domain: '', outputs: [SEQUENCE], name: SEQUENCE }],
    sequence: SEQUENCE,
  }
}

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
