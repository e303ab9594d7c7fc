import * as tf from '@tensorflow/tfjs-core'

type Resize = typeof tf.image.resizeBilinear

/**
 * The adjoint of resizing, by the matrices that resize rows and columns: resized unit vectors. tfjs's kernels are wrong
 * on its cpu backend for pixel centres at halves, for skipped pixels, and for images that are not square.
 */
const adjoint = (resize: Resize, images: tf.Tensor4D, dy: tf.Tensor4D, attrs: tf.NamedAttrMap): tf.Tensor => {
  const [n, h, w, c] = images.shape
  const [, height, width] = dy.shape
  const { alignCorners, halfPixelCenters } = attrs as { alignCorners: boolean; halfPixelCenters: boolean }
  const rows = resize(tf.reshape(tf.eye(h), [h, h, 1, 1]) as tf.Tensor4D, [height, 1], alignCorners, halfPixelCenters)
  const columns = resize(tf.reshape(tf.eye(w), [w, 1, w, 1]) as tf.Tensor4D, [1, width], alignCorners, halfPixelCenters)
  const short = tf.matMul(tf.reshape(rows, [1, h, height]), tf.reshape(dy, [n, height, width * c]))
  const small = tf.matMul(tf.reshape(columns, [1, w, width]), tf.reshape(short, [n * h, width, c]))
  return tf.reshape(small, images.shape)
}

const resizing = (kernelName: string, resize: Resize): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['images'],
  gradFunc: (dy, [images], attrs) => ({
    images: () => adjoint(resize, images as tf.Tensor4D, dy as tf.Tensor4D, attrs),
  }),
})

export const resizeGradients: readonly tf.GradConfig[] = [
  resizing('ResizeBilinear', tf.image.resizeBilinear),
  resizing('ResizeNearestNeighbor', tf.image.resizeNearestNeighbor as Resize),
]
