import { HWNC, type Layout, NCHW } from './layout.ts'

/** What an engine is good at: it decides how traced operations are lowered to ONNX. */
export interface Target {
  readonly name: string
  /** Where convolutions leave their results, and so what the activations between them look like in memory. */
  readonly activationLayout: Layout
  /** How 3×3 convolutions are computed: Winograd's F(4×4, 3×3) where it pays, or always directly. */
  readonly convolution: 'winograd' | 'direct'
  /** Whether ONNX Runtime's own operators (`com.microsoft`) may be used. */
  readonly contributed: boolean
}

/** ONNX Runtime's CPU provider: rows and columns outermost, so that Winograd's tiles are gathers and its transforms products. */
export const cpu: Target = { name: 'cpu', activationLayout: HWNC, convolution: 'winograd', contributed: true }

/** The same without Winograd: every convolution rounds as a direct one does. */
export const cpuExact: Target = { ...cpu, name: 'cpu-exact', convolution: 'direct' }

/** Any engine: plain `Conv` and the standard operators only. */
export const portable: Target = {
  name: 'portable',
  activationLayout: NCHW,
  convolution: 'direct',
  contributed: false,
}
