import * as tf from '@tensorflow/tfjs-core'

/** Zeros for each operand: a small change of an operand does not change the result. */
const flat = (kernelName: string, ...inputs: readonly string[]): tf.GradConfig => ({
  kernelName,
  inputsToSave: [...inputs],
  gradFunc: (_, saved) => Object.fromEntries(inputs.map((name, i) => [name, () => tf.zeros(saved[i]!.shape)])),
})

const one = [
  'Sign',
  'Floor',
  'Ceil',
  'Round',
  'Step',
  'IsNan',
  'IsInf',
  'IsFinite',
  'LogicalNot',
  'All',
  'Any',
] as const
const two = [
  ...(['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'FloorDiv'] as const),
  ...(['LogicalAnd', 'LogicalOr', 'LogicalXor', 'BitwiseAnd'] as const),
]

/**
 * Step functions end gradients, as in PyTorch, TensorFlow and JAX: rounding, comparisons, logical operations, indices
 * and counts. A function that chooses by a comparison has the gradient of what it chose.
 */
export const stepGradients: readonly tf.GradConfig[] = [
  ...one.map((name) => flat(name, 'x')),
  ...two.map((name) => flat(name, 'a', 'b')),
  flat('ArgMax', 'x'),
  flat('ArgMin', 'x'),
  flat('OneHot', 'indices'),
  flat('Multinomial', 'logits'),
  ...['SearchSorted', 'LowerBound', 'UpperBound'].map((name) => flat(name, 'sortedSequence', 'values')),
  ...['NonMaxSuppressionV3', 'NonMaxSuppressionV4', 'NonMaxSuppressionV5'].map((name) => flat(name, 'boxes', 'scores')),
]
