import { HWNC, type Layout, NCHW } from './layout.ts'

/** What an engine does well, which decides how traced operations are lowered to ONNX. */
export interface Target {
  readonly name: string
  /** The layout in which convolutions leave their results, and so that of the activations between them. */
  readonly activationLayout: Layout
  /** How 3×3 convolutions are computed: Winograd's F(4×4, 3×3) where it pays, or always directly. */
  readonly convolution: 'winograd' | 'direct'
  /**
   * How many numbers of transformed tiles a convolution works on at a time. They should fit into a core's cache, where
   * the next operator finds them: most of the speed comes from that. A larger image is convolved in blocks of this
   * size.
   */
  readonly blockSize: number
  /** The least size of a block, in multiples of the transformed filter's size: every block reads the whole filter. */
  readonly blockFilters: number
  /**
   * A block has few pixels (of all images) if they number at most this many times its channels. Then the filter, which
   * is larger, is the first operand of products.
   */
  readonly fewPixels: number
  /**
   * The largest group that `InstanceNormalization` normalises as exactly as sums of blocks do. Larger groups are
   * normalised by operators on block sums. ONNX Runtime adds up in one pass on a processor, and in many threads on a
   * GPU.
   */
  readonly exactNorm: number
  /** Whether ONNX Runtime's own operators (`com.microsoft`) may be used. */
  readonly contributed: boolean
  /** Whether a convolution may have 6, 9, 15, … input channels: more than 3, a multiple of 3 but not of 4. */
  readonly threefoldChannels: boolean
}

/**
 * ONNX Runtime's CPU provider. Rows and columns lie outermost: Winograd's tiles are gathers, and its transforms
 * products.
 */
export const cpu: Target = {
  name: 'cpu',
  activationLayout: HWNC,
  convolution: 'winograd',
  blockSize: 1_200_000,
  blockFilters: 2,
  fewPixels: 1 / 4,
  exactNorm: 0,
  contributed: true,
  threefoldChannels: true,
}

/** The target for 16-bit numbers, without Winograd's transforms, which would lose half of the digits. */
export const direct = (target: Target): Target => ({ ...target, convolution: 'direct' })

/** {@link cpu} without Winograd's method: every convolution rounds as a direct one does. */
export const cpuExact: Target = { ...cpu, name: 'cpu-exact', convolution: 'direct' }

/** For any engine: plain `Conv`, and standard operators only. */
export const portable: Target = {
  name: 'portable',
  activationLayout: NCHW,
  convolution: 'direct',
  blockSize: Number.POSITIVE_INFINITY,
  blockFilters: 0,
  fewPixels: 0,
  exactNorm: 4096,
  contributed: false,
  threefoldChannels: true,
}

/** ONNX Runtime's CUDA provider. */
export const cuda: Target = { ...portable, name: 'cuda', exactNorm: Number.POSITIVE_INFINITY }

/**
 * ONNX Runtime's WebGPU provider. In 1.30 it computes convolutions of 6 or 9 channels wrongly, those of 8 or 12
 * correctly.
 */
export const webgpu: Target = {
  ...portable,
  name: 'webgpu',
  threefoldChannels: false,
  exactNorm: Number.POSITIVE_INFINITY,
}
