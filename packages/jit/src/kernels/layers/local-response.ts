import type { Node, TensorType, Value } from '../../graph/graph.ts'
import type { Layout } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { first, type Kernel, type Kernels } from '../kernel.ts'

interface Settings {
  readonly depthRadius: number
  readonly bias: number
  readonly alpha: number
  readonly beta: number
}

const settingsOf = (node: Node) => node.attributes as unknown as Settings

const attributes: Kernel['attributes'] = ({ depthRadius, bias, alpha, beta }) => ({ depthRadius, bias, alpha, beta })

/** The same layout with the channels innermost. */
const channelsLast = (layout: Layout): Layout => [...layout.filter((axis) => axis !== 3), 3]

/** Sums over each channel's neighbours, a product with a band matrix. */
function sumNeighbours(l: Lowering, x: Physical, { depthRadius }: Settings): Physical {
  const channels = x.shape[3] as number
  const band = Float32Array.from({ length: channels * channels }, (_, i) =>
    Math.abs((i % channels) - Math.floor(i / channels)) <= depthRadius ? 1 : 0,
  )
  return l.op('MatMul', [x, l.constant(band, [channels, channels], 'float32')], x.shape)
}

/** bias + alpha Σ x² over the neighbours. */
function norm(l: Lowering, x: Physical, settings: Settings): Physical {
  const sum = sumNeighbours(l, l.op('Mul', [x, x], x.shape), settings)
  return l.op('Add', [l.op('Mul', [sum, l.scalar(settings.alpha)], x.shape), l.scalar(settings.bias)], x.shape)
}

/** Local response normalisation over channels: y = x (bias + alpha Σ x²)^−beta. */
export const localResponseKernels: Kernels = {
  LRN: {
    inputs: ['x'],
    attributes,
    infer: ([x]) => [x as TensorType],
    lower: (l, node) => {
      const x = first(node.inputs)
      const settings = settingsOf(node)
      const layout = channelsLast(l.placed(x).layout)
      const lies = l.at(x, layout)
      const factor = l.op('Pow', [norm(l, lies, settings), l.scalar(-settings.beta)], lies.shape)
      l.set(first(node.outputs), l.op('Mul', [lies, factor], lies.shape), layout)
    },
  },
  /** dx = dy norm^−beta − 2 alpha beta x Σ (dy y / norm): being neighbours is symmetric. */
  LRNGrad: {
    inputs: ['x', 'y', 'dy'],
    attributes,
    infer: ([x]) => [x as TensorType],
    lower: (l, node) => {
      const [x] = node.inputs as [Value, Value, Value]
      const settings = settingsOf(node)
      const layout = channelsLast(l.placed(x).layout)
      const [lies, y, dy] = node.inputs.map((value) => l.at(value, layout)) as [Physical, Physical, Physical]
      const { shape } = lies
      const n = norm(l, lies, settings)
      const direct = l.op('Mul', [dy, l.op('Pow', [n, l.scalar(-settings.beta)], shape)], shape)
      const through = sumNeighbours(l, l.op('Div', [l.op('Mul', [dy, y], shape), n], shape), settings)
      const slope = l.op('Mul', [lies, l.scalar(2 * settings.alpha * settings.beta)], shape)
      l.set(first(node.outputs), l.op('Sub', [direct, l.op('Mul', [slope, through], shape)], shape), layout)
    },
  },
}
