import { CascadeError } from '@cascade-diffusion/checks'
import type { Value } from '../../graph/graph.ts'
import type { Kernels } from '../kernel.ts'

/** The float32 number before a positive one. */
function before(x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer)
  bits[0] = (bits[0] as number) - 1
  return new Float32Array(bits.buffer)[0] as number
}

/** The best of overlapping boxes. The result has room for the largest possible number, so that its shape is known. */
export const suppressionKernels: Kernels = {
  NonMaxSuppressionV4: {
    inputs: ['boxes', 'scores'],
    returnsList: true,
    attributes: ({ maxOutputSize, iouThreshold, scoreThreshold, padToMaxOutputSize }) => ({
      maxOutputSize,
      iouThreshold,
      scoreThreshold,
      padToMaxOutputSize,
    }),
    infer: (_, { maxOutputSize, padToMaxOutputSize }) => {
      if (!padToMaxOutputSize)
        throw new CascadeError(
          'input',
          'expected padToMaxOutputSize: the number of boxes that are left depends on values',
        )
      return [
        { shape: [maxOutputSize as number], dtype: 'int32' },
        { shape: [], dtype: 'int32' },
      ]
    },
    lower: (l, node) => {
      const [boxes, scores] = node.inputs as [Value, Value]
      const [selected, valid] = node.outputs as [Value, Value]
      const { maxOutputSize, iouThreshold, scoreThreshold } = node.attributes as Record<string, number>
      const most = maxOutputSize as number
      const n = boxes.shape[0] as number
      // tfjs drops a box whose overlap equals the threshold, ONNX does not; at 0 that is every other box.
      const overlap = iouThreshold as number
      const operands = [
        l.reshape(l.cast(l.at(boxes), boxes.dtype, 'float32'), [1, n, 4]),
        l.reshape(l.cast(l.at(scores), scores.dtype, 'float32'), [1, 1, n]),
        l.ints([overlap > 0 ? most : Math.min(most, 1)]),
        l.floats([overlap > 0 ? before(overlap) : 0]),
        l.floats([scoreThreshold as number]),
      ]
      const chosen = { name: l.ops('NonMaxSuppression', operands, 1)[0] as string, shape: [-1, 3] }
      const padded = l.op('Concat', [chosen, l.ints(Array(3 * most).fill(0), [most, 3])], [-1, 3], { axis: 0 })
      const cut = l.op('Slice', [padded, l.ints([0, 2]), l.ints([most, 3])], [most, 1])
      l.set(selected, l.reshape(l.cast(cut, 'int64', 'int32'), [most]))
      const count = l.op('Slice', [l.op('Shape', [chosen], [2]), l.ints([0]), l.ints([1])], [1])
      l.set(valid, l.reshape(l.cast(count, 'int64', 'int32'), []))
    },
  },
}
