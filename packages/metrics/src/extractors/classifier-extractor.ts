import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import { checkOptions } from '@cascade-diffusion/checks'
import { imageSize } from '@cascade-diffusion/data'
import { closeOver } from '@cascade-diffusion/unet'
import { type ClassifierConfig, type ClassifierParams, classifier } from './classifier.ts'
import { type Extractor, extractor } from './extractor.ts'

/** Options of {@link classifierExtractor}. */
export interface ClassifierExtractorOptions {
  readonly config: ClassifierConfig
  /** Trained weights. */
  readonly params: ClassifierParams<NDArray>
  /** `jit`, or `eager`. */
  readonly compile: Compile
}

/**
 * The {@link classifier} as an extractor, for images of its resolution. Figures from it compare only with figures from the same weights.
 * @throws as `classifier`, and if the weights are not its own.
 */
export function classifierExtractor(options: ClassifierExtractorOptions): Extractor {
  checkOptions('classifierExtractor', options, { config: true, params: true, compile: true })
  const { config, params, compile } = options
  const network = classifier(config)
  const { imageChannels, numClasses, featureSize } = network.config
  const size = imageSize('classifierExtractor', network.config.resolution)
  return extractor({
    name: 'classifier',
    convention: { size, channels: imageChannels, range: [-1, 1], resize: 'none' },
    dimension: featureSize,
    classes: numClasses,
    run: closeOver({ apply: network.extract, parameterShapes: network.parameterShapes }, params),
    compile,
  })
}
