import type { DType } from '@cascade-diffusion/arrays'
import type { AugmentationConfig } from '@cascade-diffusion/conditioning-augmentation'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'

/**
 * `cascade.json`: the contents of a folder of ONNX files, and everything that sampling it without this framework needs.
 */
export interface ExportedCascade {
  readonly format: 'cascade-diffusion onnx 1'
  /** In the order of sampling: each super-resolves what the one before it made. */
  readonly stages: readonly ExportedStage[]
}

/** An input of an ONNX file; `N` stands for any number of images. */
export interface ExportedInput {
  readonly dtype: DType
  readonly shape: readonly (number | 'N')[]
}

/** The files of a stage or of another network. */
export interface ExportedStage {
  readonly name: string
  /** The file of the network, beside the manifest. Its one output is called `output`. */
  readonly network: string
  /**
   * What it takes, by name: `xt` the noisy images in [-1, 1] (NHWC), `noise` their noise input, `label` classes,
   * `lowRes` the small images, `augmentationLevel` the level s that these have been augmented to: an int32 is s
   * itself, a float32 stands for it.
   */
  readonly inputs: Readonly<Record<string, ExportedInput>>
  /** Channels of `output`: those of `xt`, or twice as many, where the second half is the variance. */
  readonly outChannels: number
  /** The type in which weights are stored and multiplied. */
  readonly precision: 'float32' | 'float16'
  /** Height, width and channels of its images. */
  readonly image: readonly [number, number, number]
  readonly classNames: readonly string[] | null
  /** The process; what the output predicts, which variance the steps have and the noise input are always there. */
  readonly process: ProcessConfig & Required<Pick<ProcessConfig, 'prediction' | 'variance' | 'noiseInput'>>
  /**
   * For a process of discrete steps, else null. For each step t: ᾱ_t, where x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε, and the
   * input `noise`.
   */
  readonly steps: { readonly alphasCumprod: readonly number[]; readonly noise: readonly number[] } | null
  /** For a stage whose conditioning augmentation has levels above 0 in sampling, else null. */
  readonly augmentation: ExportedAugmentation | null
}

/** The file of a conditioning augmentation. */
export interface ExportedAugmentation {
  readonly name: string
  readonly file: string
  /** Its configuration, a JSON value; null of a custom one. */
  readonly config: AugmentationConfig | null
  /** The least level, nearly always 0, which leaves the images as they are. */
  readonly minLevel: number
  /** The greatest level. */
  readonly maxLevel: number
  /** Whether levels between whole numbers are allowed. */
  readonly continuous: boolean
  /**
   * Its inputs, by name: `lowRes`, and what is drawn for each image. For Gaussian noise of whole levels these are
   * `augmentationLevel`, the level s, and `noise`, standard normal.
   */
  readonly inputs: Readonly<Record<string, ExportedInput>>
}
