import * as tf from '@tensorflow/tfjs-core'
import { sumTo } from './operands.ts'

export const depthToSpaceGradient: tf.GradConfig = {
  kernelName: 'DepthToSpace',
  gradFunc: (dy, _, attrs) => ({
    x: () => {
      const y = dy as tf.Tensor4D
      const b = attrs.blockSize as number
      const last = attrs.dataFormat !== 'NCHW'
      const [n, height, width, c] = last ? y.shape : [y.shape[0], y.shape[2], y.shape[3], y.shape[1]]
      const [h, w] = [height / b, width / b]
      const split = last ? [n, h, b, w, b, c] : [n, c, h, b, w, b]
      const perm = last ? [0, 1, 3, 2, 4, 5] : [0, 3, 5, 1, 2, 4]
      const joined = last ? [n, h, w, b * b * c] : [n, b * b * c, h, w]
      return tf.reshape(tf.transpose(tf.reshape(y, split), perm), joined)
    },
  }),
}

export const flipLeftRightGradient: tf.GradConfig = {
  kernelName: 'FlipLeftRight',
  gradFunc: (dy) => ({ image: () => tf.reverse(dy as tf.Tensor, 2) }),
}

export const diagGradient: tf.GradConfig = {
  kernelName: 'Diag',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({
    x: () => {
      const { size, shape } = x!
      const matrix = tf.reshape(dy as tf.Tensor, [size, size])
      return tf.reshape(tf.sum(tf.mul(matrix, tf.eye(size)), 1), shape)
    },
  }),
}

/**
 * Along one axis: the middle, and what was mirrored at either end, turned back. `edge` is 1 if the end itself is
 * repeated.
 */
function unmirrored(dy: tf.Tensor, axis: number, [before, after]: readonly [number, number], edge: 0 | 1): tf.Tensor {
  const n = dy.shape[axis]! - before - after
  const outer = tf.util.sizeFromShape(dy.shape.slice(0, axis))
  const inner = tf.util.sizeFromShape(dy.shape.slice(axis + 1))
  const y = tf.reshape(dy, [outer, before + n + after, inner])
  const part = (begin: number, length: number) => tf.slice(y, [0, begin, 0], [outer, length, inner])
  const folded = (begin: number, length: number, place: number) => {
    const sides: [number, number][] = [[0, 0], [place, n - place - length], [0, 0]] // biome-ignore format: a row for each axis
    return tf.pad(tf.reverse(part(begin, length), 1), sides)
  }
  const parts = [part(before, n)]
  if (before > 0) parts.push(folded(0, before, 1 - edge))
  if (after > 0) parts.push(folded(before + n, after, n - 1 - after + edge))
  return tf.reshape(
    parts.reduce((a, b) => tf.add(a, b)),
    dy.shape.with(axis, n),
  )
}

/**
 * The gradients of mirrored elements are added to those of their originals. tfjs's own gradient is that of zero
 * padding.
 */
export const mirrorPadGradient: tf.GradConfig = {
  kernelName: 'MirrorPad',
  gradFunc: (dy, _, attrs) => ({
    x: () => {
      const { paddings, mode } = attrs as unknown as { paddings: [number, number][]; mode: 'reflect' | 'symmetric' }
      return paddings.reduce(
        (y, sides, axis) => (sides[0] + sides[1] > 0 ? unmirrored(y, axis, sides, mode === 'reflect' ? 0 : 1) : y),
        dy as tf.Tensor,
      )
    },
  }),
}

/** The sum over the copies, for any number of axes; tfjs's own supports at most four. */
export const tileGradient: tf.GradConfig = {
  kernelName: 'Tile',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => ({
    x: () => {
      const { shape } = saved[0]!
      const reps = attrs.reps as number[]
      const copies = shape.flatMap((n, axis) => [reps[axis]!, n])
      return tf.sum(
        tf.reshape(dy as tf.Tensor, copies),
        shape.map((_, axis) => 2 * axis),
      )
    },
  }),
}

/** The sum over the copies. tfjs's own keeps the number of axes. */
export const broadcastToGradient: tf.GradConfig = {
  kernelName: 'BroadcastTo',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => sumTo(dy as tf.Tensor, x!.shape) }),
}
