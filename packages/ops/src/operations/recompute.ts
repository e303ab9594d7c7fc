import * as tf from '@tensorflow/tfjs-core'

/**
 * The same function with less memory for gradients: they do not keep its intermediate results, the backward pass
 * computes them again from the inputs (Chen et al. 2016, arXiv:1604.06174). A network in a chain of such pieces needs
 * the memory of one piece and of the values between them, for about a third more arithmetic.
 * @param fn a pure function of tensors. Gradients flow to its float32 arguments only; integers and captured values are
 * constants.
 */
export const recompute = <Args extends tf.Tensor[]>(fn: (...args: Args) => tf.Tensor): ((...args: Args) => tf.Tensor) =>
  tf.customGrad((...given) => {
    const save = given.pop() as unknown as tf.GradSaveFunc
    const args = given as Args
    save(args)
    return {
      value: fn(...args),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        // Zero, but only once dy is there. Otherwise compilers would find that all of this is computed already.
        const zero = tf.mul(tf.slice(tf.reshape(dy, [-1]), [0], [1]), 0)
        const again = saved.map((x) =>
          tf.add(
            x,
            tf.cast(
              tf.reshape(
                zero,
                x.shape.map(() => 1),
              ),
              x.dtype,
            ),
          ),
        )
        // tfjs forgets the gradients in progress after nested ones.
        const { state } = tf.engine()
        const tape = state.activeTape
        const gradients = tf.grads(fn as never)(again, dy)
        state.activeTape = tape
        return gradients
      },
    }
  }) as (...args: Args) => tf.Tensor
