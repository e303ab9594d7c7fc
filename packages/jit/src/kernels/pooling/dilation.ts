import { backend_util } from '@tensorflow/tfjs-core'
import type { Attributes, TensorType, Value } from '../../graph/graph.ts'
import { HWNC } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { taps, toFirst, untap, type Windows, windowsFrom } from '../convolution/windows.ts'
import { first, type Kernel, type Kernels } from '../kernel.ts'
import { sumOuter } from '../reduce/sums.ts'

const windowsIn = (attributes: Attributes) => attributes.windows as Windows

const attributes: Kernel['attributes'] = (given, [x, filter]) => ({
  windows: windowsFrom(
    backend_util.computeDilation2DInfo(
      (x as TensorType).shape as [number, number, number, number],
      (filter as TensorType).shape as [number, number, number],
      given.strides as [number, number],
      given.pad as 'same',
      'NHWC',
      given.dilations as [number, number],
    ),
  ),
})

/** Image plus filter, for each element [1, 1, 1, C] of the filter. Beyond the image it is −∞. */
function sums(l: Lowering, x: Value, filter: Value, w: Windows): Physical[] {
  const float = (value: Value, lies: Physical) => l.cast(lies, value.dtype, 'float32')
  const seen = taps(l, float(x, l.at(x, HWNC)), w, Number.NEGATIVE_INFINITY)
  const channels = x.shape[3] as number
  const rows = l.reshape(float(filter, l.at(filter)), [seen.length, channels])
  const names =
    seen.length > 1 ? l.ops('Split', [rows, l.ints(seen.map(() => 1))], seen.length, { axis: 0 }) : [rows.name]
  return seen.map((tap, i) => l.op('Add', [tap, { name: names[i] as string, shape: [1, channels] }], tap.shape))
}

/** The part of `dy` for each element of the filter: all of it where its sum is the first of the greatest. */
function gradients(l: Lowering, [x, filter, dy]: readonly Value[], w: Windows): Physical[] {
  const candidates = sums(l, x as Value, filter as Value, w)
  const greatest = l.op('Max', candidates, first(candidates).shape)
  return toFirst(l, candidates, greatest, l.at(dy as Value, HWNC))
}

/** Grey-scale dilation: the greatest of image plus filter in each window. */
export const dilationKernels: Kernels = {
  Dilation2D: {
    inputs: ['x', 'filter'],
    attributes,
    infer: ([x], given) => {
      const { shape, dtype } = x as TensorType
      return [{ shape: [shape[0] as number, ...windowsIn(given).output, shape[3] as number], dtype }]
    },
    lower: (l, node) => {
      const [x, filter] = node.inputs as [Value, Value]
      const candidates = sums(l, x, filter, windowsIn(node.attributes))
      const y = l.op('Max', candidates, first(candidates).shape)
      l.set(first(node.outputs), l.cast(y, 'float32', x.dtype), HWNC)
    },
  },
  Dilation2DBackpropInput: {
    inputs: ['x', 'filter', 'dy'],
    attributes,
    infer: ([x]) => [x as TensorType],
    lower: (l, node) => {
      const w = windowsIn(node.attributes)
      l.set(first(node.outputs), untap(l, gradients(l, node.inputs, w), w), HWNC)
    },
  },
  Dilation2DBackpropFilter: {
    inputs: ['x', 'filter', 'dy'],
    attributes,
    infer: ([, filter]) => [filter as TensorType],
    lower: (l, node) => {
      const filter = node.inputs[1] as Value
      const channels = filter.shape[2] as number
      const rows = gradients(l, node.inputs, windowsIn(node.attributes)).map((part) =>
        sumOuter(
          l,
          part,
          part.shape.slice(0, 3).reduce((a, b) => a * b),
        ),
      )
      const whole = l.op('Concat', rows, [rows.length, channels], { axis: 0 })
      l.set(first(node.outputs), l.reshape(whole, filter.shape))
    },
  },
}
