// How far generated images are from real ones: the metric of the search.
import type { NDArray } from '@cascade-diffusion/arrays'
import { type ImageSource, resize, transformed } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { classifier, classifierExtractor, evaluator, fid } from '@cascade-diffusion/metrics'
import { rng } from '@cascade-diffusion/random'

/**
 * The Fréchet distance to the images of a source, at one resolution. Its features are those of a network with random
 * weights, so it orders candidates but is no Inception FID; any `Extractor` takes its place.
 */
export async function distanceTo(dataset: ImageSource, resolution: number) {
  const config = { resolution, imageChannels: dataset.channels, numClasses: 1 }
  const extractor = classifierExtractor({ config, params: classifier(config).init(rng(0)), compile: jit })
  const { evaluate } = await evaluator({
    extractor,
    metrics: { fid: fid() },
    references: { real: transformed(dataset, resize({ size: resolution })) },
  })
  return {
    of: async (images: NDArray<'float32'>) => (await evaluate({ images })).fid.real.value,
    dispose: extractor.dispose,
  }
}
