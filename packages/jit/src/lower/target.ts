import { HWNC, type Layout, NCHW } from './layout.ts'

/** What an engine is good at: it decides how traced operations are lowered to ONNX. */
export interface Target {
  readonly name: string
  /** Where convolutions leave their results, and so what the activations between them look like in memory. */
  readonly activationLayout: Layout
  /** How 3×3 convolutions are computed: Winograd's F(4×4, 3×3) where it pays, or always directly. */
  readonly convolution: 'winograd' | 'direct'
  /**
   * So many numbers of a convolution's transformed tiles are in hand at a time: what a core's cache holds is read from there
   * by the next operator, which is most of the speed. Larger images are convolved in blocks.
   */
  readonly blockSize: number
  /** But no fewer than so many times the numbers of the transformed filter: every block reads all of it. */
  readonly blockFilters: number
  /** Up to so many times its channels, a block's pixels (of all images) are few: products have the larger filter first then. */
  readonly fewPixels: number
  /**
   * So many numbers `InstanceNormalization` adds up as exactly as blocks do; larger groups are normalised by operators on block
   * sums. ONNX Runtime adds up in one pass on a processor, in many threads on a GPU.
   */
  readonly exactNorm: number
  /** Whether ONNX Runtime's own operators (`com.microsoft`) may be used. */
  readonly contributed: boolean
  /** Whether a convolution may have 6, 9 or 15 input channels, or any other number above 3 that 3 divides and 4 does not. */
  readonly threefoldChannels: boolean
}

/** ONNX Runtime's CPU provider: rows and columns outermost, so that Winograd's tiles are gathers and its transforms products. */
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

/** The target for numbers of 16 bits: Winograd's transforms would cost half of their digits. */
export const direct = (target: Target): Target => ({ ...target, convolution: 'direct' })

/** The same without Winograd: every convolution rounds as a direct one does. */
export const cpuExact: Target = { ...cpu, name: 'cpu-exact', convolution: 'direct' }

/** Any engine: plain `Conv` and the standard operators only. */
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

/** ONNX Runtime's WebGPU provider, up to 1.30 at least: convolutions of 6 or 9 channels come out wrong there, those of 8 or 12 do not. */
export const webgpu: Target = {
  ...portable,
  name: 'webgpu',
  threefoldChannels: false,
  exactNorm: Number.POSITIVE_INFINITY,
}
