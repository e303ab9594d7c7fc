import { CascadeError } from '@cascade-diffusion/checks'
import type { Attributes, TensorType, Value } from '../../graph/graph.ts'
import { HWNC } from '../../lower/layout.ts'
import type { Lowering } from '../../lower/lowering.ts'
import { products } from '../half.ts'
import { first, type Kernels, sameShape } from '../kernel.ts'
import { convolution, filterGradient, inputGradient } from './strategies.ts'
import { type Window, windowOf } from './window.ts'

const windowIn = (attributes: Attributes) => attributes.window as Window

/** Convolutions of images, and the kernels that tfjs uses for their gradients. */
export const convolutionKernels: Kernels = {
  Conv2D: {
    inputs: ['x', 'filter'],
    half: products,
    takesBias: true,
    attributes: (given, [x, filter]) => ({
      window: windowOf((x as TensorType).shape, (filter as TensorType).shape, given),
    }),
    infer: (_, attributes) => {
      const w = windowIn(attributes)
      return [{ shape: [w.n, w.outHeight, w.outWidth, w.outChannels], dtype: 'float32' }]
    },
    lower: (l, node) => {
      const [x, filter, bias] = node.inputs as [Value, Value, Value?]
      const channels = bias && l.reshape(l.at(bias), [filter.shape[3] as number])
      place(l, first(node.outputs), convolution(l, l.at(x, HWNC), l.at(filter), windowIn(node.attributes), channels))
    },
  },
  Conv2DBackpropInput: {
    inputs: ['dy', 'filter'],
    half: products,
    attributes: (given, [, filter]) => ({
      window: windowOf(given.inputShape as number[], (filter as TensorType).shape, given),
    }),
    infer: ([dy], attributes) => {
      const w = windowIn(attributes)
      checkGradient(w, dy as TensorType)
      return [{ shape: [w.n, w.height, w.width, w.inChannels], dtype: 'float32' }]
    },
    lower: (l, node) => {
      const [dy, filter] = node.inputs as [Value, Value]
      place(l, first(node.outputs), inputGradient(l, l.at(dy, HWNC), l.at(filter), windowIn(node.attributes)))
    },
  },
  Conv2DBackpropFilter: {
    inputs: ['x', 'dy'],
    half: products,
    attributes: (given, [x]) => ({ window: windowOf((x as TensorType).shape, given.filterShape as number[], given) }),
    infer: ([, dy], attributes) => {
      const w = windowIn(attributes)
      checkGradient(w, dy as TensorType)
      return [{ shape: [...w.size, w.inChannels, w.outChannels], dtype: 'float32' }]
    },
    lower: (l, node) => {
      const [x, dy] = node.inputs as [Value, Value]
      l.set(first(node.outputs), filterGradient(l, l.at(x, HWNC), l.at(dy, HWNC), windowIn(node.attributes)))
    },
  },
}

/** Checks the shape of a gradient, because tfjs's gradients do not pass `dimRoundingMode` on. */
function checkGradient(w: Window, dy: TensorType): void {
  const expected = [w.n, w.outHeight, w.outWidth, w.outChannels]
  if (!sameShape(dy.shape, expected))
    throw new CascadeError('input', `expected a gradient of shape [${expected}], got [${dy.shape}]`)
}

/** Leaves an image [H, W, N, C] in the target's layout for activations. */
function place(l: Lowering, out: Value, image: ReturnType<typeof convolution>): void {
  l.set(out, image, HWNC)
  const { activationLayout } = l.target
  l.set(out, l.at(out, activationLayout), activationLayout)
}
