import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { checkOneOf, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import { imageSize, type ResizeFilter, resizeFilters } from '@cascade-diffusion/data'
import { closeOver } from '@cascade-diffusion/unet'
import { atSize } from './at-size.ts'
import { type ClassifierConfig, type ClassifierParams, classifier } from './classifier.ts'
import { type Extractor, extractor } from './extractor.ts'

/** Options of {@link classifierExtractor}. */
export interface ClassifierExtractorOptions {
  readonly config: ClassifierConfig
  /** Trained weights. */
  readonly params: ClassifierParams<NDArray>
  /** `jit`, or `eager`. */
  readonly compile: Compile
  /**
   * How images of another size are brought to the classifier's: rounded to bytes and resized by `resizeImage` of `data`, as Pillow does.
   * The convention then says so: `pillow-bilinear`. Default: they are refused.
   */
  readonly resize?: ResizeFilter
}

const optionKeys: KnownKeys<ClassifierExtractorOptions> = { config: true, params: true, compile: true, resize: true }

/**
 * The {@link classifier} as an extractor, for images of its resolution, or of any with `resize`. Figures from it compare only with figures from the same weights.
 * @throws as `classifier`, and if the weights are not its own.
 */
export function classifierExtractor(options: ClassifierExtractorOptions): Extractor {
  checkOptions('classifierExtractor', options, optionKeys)
  const { config, params, compile, resize } = options
  if (resize !== undefined) checkOneOf('classifierExtractor', 'resize', resize, resizeFilters)
  const network = classifier(config)
  const { imageChannels, numClasses, featureSize } = network.config
  const size = imageSize('classifierExtractor', network.config.resolution)
  const { extract, ...made } = extractor({
    name: 'classifier',
    convention: { size, channels: imageChannels, range: [-1, 1], resize: resize ? `pillow-${resize}` : 'none' },
    dimension: featureSize,
    classes: numClasses,
    run: closeOver({ apply: network.extract, parameterShapes: network.parameterShapes }, params),
    compile,
  })
  if (!resize) return { ...made, extract }
  return { ...made, extract: async (images) => extract(atSize(images as NDArray<'float32'>, size, resize)) }
}
