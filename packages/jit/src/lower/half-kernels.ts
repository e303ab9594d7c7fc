import { sizeOf } from '@cascade-diffusion/arrays'
import { type Graph, type Node, splatValue, type Value } from '../graph/graph.ts'
import { isInstanceNorm } from '../kernels/group-norm.ts'
import type { Target } from './target.ts'

const names = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/))

/** What 16 bits are for: sums of products, which engines add up in more bits than they store. */
const PRODUCTS = names(`
  Attention AttentionGrad BatchMatMul Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Conv3DBackpropFilterV2
  Conv3DBackpropInputV2 DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Einsum
  FusedConv2D FusedDepthwiseConv2D _FusedMatMul`)

/** Element-wise kernels that neither leave the range of 16 bits nor lose digits, if their operands have 16 bits. */
const ELEMENTWISE = names(`
  Abs Add AddN ClipByValue Elu EluGrad Equal Erf Greater GreaterEqual LeakyRelu Less LessEqual Maximum Minimum Multiply Neg NotEqual
  Prelu RealDiv Relu Relu6 Select Selu Sigmoid Sign Silu SiluGrad Step Sub Tanh`)

/** Kernels that move elements, choose among them, or add up a few neighbours. */
const MOVES = names(`
  AvgPool AvgPoolGrad BatchToSpaceND BroadcastTo Concat DepthToSpace ExpandDims FlipLeftRight GatherV2 Identity Max MaxPool MaxPoolGrad
  Min MirrorPad Pack PadV2 Reshape ResizeBilinear ResizeBilinearGrad ResizeNearestNeighbor ResizeNearestNeighborGrad Reverse Slice
  SpaceToBatchND SplitV StridedSlice Tile Transpose Unpack`)

/** What of these takes several operands of equal rank, whatever their sizes. */
const JOINS = names('Concat Pack')

/** How a float32 value counts for what is made of it: as one of 16 bits, as one that needs 32, or as one that may be either. */
type Width = 'half' | 'full' | 'free'

/** Between the smallest normal number of float16 and its largest. */
const fitsHalf = (x: number) => x === 0 || !Number.isFinite(x) || (Math.abs(x) >= 2 ** -14 && Math.abs(x) <= 65504)

/**
 * The nodes of a graph that may compute in 16 bits. Products do, and what follows them element by element or moves their
 * results; norms, other sums, exponentials, logarithms, powers and everything that is not known to be safe do not. Arguments
 * are of 32 bits: what combines their elements, one by one, with those of a result (a loss with its target, a sampler with its image,
 * an optimizer with its weights) is computed in 32 bits, and so is what scales by one of a single number (a loss scale). An
 * argument that is repeated over a result (a bias) adapts to the result, as do constants that 16 bits can hold.
 */
export function halfNodes(graph: Graph, target: Target): ReadonlySet<Node> {
  const widths = new Map<Value, Width>(graph.inputs.map((value) => [value, 'full']))
  const half = new Set<Node>()
  for (const node of graph.nodes) {
    const floats = node.inputs.filter(({ dtype }) => dtype === 'float32')
    const operands = floats.map((value) => ({ value, width: widths.get(value) as Width }))
    const narrow = isHalf(node, operands, target)
    if (narrow) half.add(node)
    const free = operands.every(({ width }) => width === 'free')
    const width = narrow || storesHalf(node, operands) ? 'half' : free ? 'free' : 'full'
    node.outputs.forEach((value, i) => {
      widths.set(value, node.op === 'GroupNormGrad' && i > 0 ? 'full' : width)
    })
  }
  return half
}

type Operand = { readonly value: Value; readonly width: Width }

function isHalf(node: Node, operands: readonly Operand[], target: Target): boolean {
  if (operands.length === 0) return false
  if (PRODUCTS.has(node.op)) return true
  if (!operands.some(({ width }) => width === 'half')) return false
  // There it is ONNX's own operator, which has its sums to itself.
  if (node.op === 'GroupNorm') return isInstanceNorm(target, groupSize(node))
  if (!ELEMENTWISE.has(node.op) && !MOVES.has(node.op)) return false
  // A square leaves the range of float16 at 256.
  if (node.op === 'Multiply' && node.inputs[0] === node.inputs[1]) return false
  const size = sizeOf((node.outputs[0] as Value).shape)
  return !operands.some(({ value, width }) => {
    if (width === 'half') return false
    const n = sizeOf(value.shape)
    if (width === 'full') return JOINS.has(node.op) || n === 1 || n >= size
    return !fitsHalf(splatValue(value) ?? 0)
  })
}

/** The numbers in a group of one image. */
const groupSize = ({ inputs: [x], attributes }: Node): number =>
  sizeOf((x as Value).shape.slice(1)) / (attributes.groups as number)

/** Whether a node that computes in 32 bits gives what goes on in 16: normalised images and their gradients. */
const storesHalf = (node: Node, operands: readonly Operand[]): boolean =>
  (node.op === 'GroupNorm' || node.op === 'GroupNormGrad') && operands[0]?.width === 'half'
