import * as tf from '@tensorflow/tfjs-core'

/** A kernel that only arranges the elements of one operand, by the arrangement back. */
const arranged = (
  kernelName: string,
  back: (dy: tf.Tensor, attrs: tf.NamedAttrMap) => tf.Tensor,
  input = 'x',
): tf.GradConfig => ({
  kernelName,
  gradFunc: (dy, _, attrs) => ({ [input]: () => back(dy as tf.Tensor, attrs) }),
})

/** A kernel whose operand has another shape. */
const reshaped = (kernelName: string, input: string): tf.GradConfig => ({
  kernelName,
  inputsToSave: [input],
  gradFunc: (dy, [x]) => ({ [input]: () => tf.reshape(dy as tf.Tensor, x!.shape) }),
})

const numbers = (attribute: unknown) => attribute as number[]
const pairs = (attribute: unknown) => attribute as [number, number][]
/** The gradients of a list of operands. */
const each = (tensors: readonly tf.Tensor[]) =>
  tensors.map((tensor) => () => tensor) as unknown as Record<string, () => tf.Tensor>

export const arrangementGradients: readonly tf.GradConfig[] = [
  reshaped('Reshape', 'x'),
  reshaped('ExpandDims', 'input'),
  arranged('Transpose', (dy, { perm }) => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(numbers(perm)))),
  arranged('Reverse', (dy, { dims }) => tf.reverse(dy, tf.util.parseAxisParam(numbers(dims), dy.shape))),
  arranged('BatchToSpaceND', (dy, { blockShape, crops }) => tf.spaceToBatchND(dy, numbers(blockShape), pairs(crops))),
  arranged('SpaceToBatchND', (dy, { blockShape, paddings }) =>
    tf.batchToSpaceND(dy, numbers(blockShape), pairs(paddings)),
  ),
  {
    kernelName: 'SplitV',
    gradFunc: (dy, _, { axis }) => ({ x: () => tf.concat(dy as tf.Tensor[], axis as number) }),
  },
  {
    kernelName: 'Unpack',
    gradFunc: (dy, _, { axis }) => ({ value: () => tf.stack(dy as tf.Tensor[], axis as number) }),
  },
  {
    kernelName: 'Concat',
    saveAllInputs: true,
    gradFunc: (dy, saved, attrs) => {
      const axis = tf.util.parseAxisParam(attrs.axis as number, saved[0]!.shape)[0]!
      const lengths = saved.map(({ shape }) => shape[axis]!)
      return each(tf.split(dy as tf.Tensor, lengths, axis))
    },
  },
  {
    kernelName: 'Pack',
    saveAllInputs: true,
    gradFunc: (dy, _, { axis }) => each(tf.unstack(dy as tf.Tensor, axis as number)),
  },
  {
    kernelName: 'PadV2',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { paddings }) => {
      const begin = pairs(paddings).map(([before]) => before)
      return { x: () => tf.slice(dy as tf.Tensor, begin, x!.shape) }
    },
  },
  {
    kernelName: 'Slice',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => {
      const { shape } = x!
      const parsed = tf.slice_util.parseSliceParams(x!, numbers(attrs.begin), numbers(attrs.size))
      const [begin, size] = parsed as [number[], number[]]
      const around = shape.map((n, i): [number, number] => [begin[i]!, n - begin[i]! - size[i]!])
      return { x: () => tf.pad(dy as tf.Tensor, around) }
    },
  },
]
