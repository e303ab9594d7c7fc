import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { checkFunction } from '@cascade-diffusion/checks'
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'

/** How the network of an extractor takes images. Figures compare only if the conventions are the same. */
export interface ImageConvention {
  /** Height and width of the images that the network sees. */
  readonly size: readonly [height: number, width: number]
  /** Channels of the images, 1 to 4: grey, grey and alpha, RGB or RGBA. */
  readonly channels: number
  /** What the network sees as black and as white. */
  readonly range: readonly [black: number, white: number]
  /** How images of another size are brought to `size`, for people; `none` if they are refused. */
  readonly resize: string
}

/** What an extractor gives for n images. */
export interface Extracted {
  /** [n, dimension], float32. */
  readonly features: NDArray
  /** [n, classes], float32: unnormalised log-probabilities; of an extractor that has classes. */
  readonly logits?: NDArray
}

/** A network that metrics see images through. It is compiled; whoever makes it disposes of it. */
export interface Extractor {
  /** What reports and errors call it. */
  readonly name: string
  readonly convention: ImageConvention
  /** D, the length of the feature vectors. */
  readonly dimension: number
  /** K, the number of classes of its logits. Default: it gives none. */
  readonly classes?: number
  /** Features and logits of images [n, H, W, C], float32 in [-1, 1] whatever the convention: it brings them to the convention. */
  extract(images: NDArray): Promise<Extracted>
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/** What {@link extractor} makes an extractor of. */
export interface ExtractorOptions extends Omit<Extractor, 'extract' | 'dispose'> {
  /** A traceable function of images [n, H, W, C] in [-1, 1], with its weights bound; `closeOver` of `unet` binds them. */
  run(images: Tensor4D): { readonly features: Tensor2D; readonly logits?: Tensor2D }
  /** `jit`, or `eager`. */
  readonly compile: Compile
}

/** Makes an extractor of a function of tensors. @throws if an option is missing. */
export function extractor({ run, compile, ...described }: ExtractorOptions): Extractor {
  checkFunction('extractor', 'run', run, '(images) => ({ features, logits })')
  checkFunction('extractor', 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  const compiled = compile(run)
  return {
    ...described,
    extract: (images) => compiled(images),
    dispose: () => compiled.dispose(),
  }
}
