import * as tf from '@tensorflow/tfjs-core'

/** The sum over the axes whose labels are not in `kept`. */
function sumOver(x: tf.Tensor, labels: string, kept: string): { x: tf.Tensor; labels: string } {
  const axes = [...labels].flatMap((label, i) => (kept.includes(label) ? [] : [i]))
  return axes.length === 0
    ? { x, labels }
    : { x: tf.sum(x, axes), labels: [...labels].filter((label) => kept.includes(label)).join('') }
}

/**
 * The gradient of an operand of `einsum` is an `einsum` of the gradient of the result and the other operand, repeated
 * along the axes of that operand alone that were summed over.
 */
export const einsumGradient: tf.GradConfig = {
  kernelName: 'Einsum',
  saveAllInputs: true,
  gradFunc: (dy, saved, attrs) => {
    const [left, output] = (attrs.equation as string).replace(/\s/g, '').split('->') as [string, string]
    const terms = left.split(',')
    const gradient = (i: number) => (): tf.Tensor => {
      const labels = terms[i]!
      const { shape } = saved[i]!
      const other = terms.length > 1 ? { x: saved[1 - i]!, labels: terms[1 - i]! } : undefined
      // tfjs's einsum is wrong if an axis of one operand alone is summed over.
      const factor = other && sumOver(other.x, other.labels, output + labels)
      const kept = [...labels].filter((label) => output.includes(label) || factor?.labels.includes(label)).join('')
      const part = factor
        ? tf.einsum(`${output},${factor.labels}->${kept}`, dy as tf.Tensor, factor.x)
        : tf.einsum(`${output}->${kept}`, dy as tf.Tensor)
      const ones = shape.map((d, k) => (kept.includes(labels[k]!) ? d : 1))
      return tf.broadcastTo(tf.reshape(part, ones), shape)
    }
    return Object.fromEntries(terms.map((_, i) => [i, gradient(i)]))
  },
}
