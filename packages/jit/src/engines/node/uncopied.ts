import { elementTypes, type OnnxModel, type OnnxNode } from '../../onnx/model.ts'

/**
 * onnxruntime-node 1.30 copies every result, even one that it has written to a given array, which takes a quarter of a
 * training step's time. It copies them after the run in the order of the outputs, and stops with an error at one that
 * is not a tensor. So a model whose results are all written to given arrays gets a sequence as its first output.
 */
const SEQUENCE = 'uncopied'

/**
 * The model with a sequence as its first output.
 * @param tensor the name of its element; without it, the sequence is empty.
 */
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
 * Runs such a model and ignores the error of copying: the results have been written by then.
 * @param run runs the model with these fetches and others.
 * @throws what `run` throws for any other reason.
 */
export async function runUncopied(run: (fetches: Record<string, null>) => Promise<unknown>): Promise<void> {
  try {
    await run({ [SEQUENCE]: null })
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('Non tensor type'))) throw error
  }
}
