import { type ImageSize, type SampledSizes, surveyImages } from '@cascade-diffusion/data'
import type { ExperimentData } from '../data/load-context.ts'

/** What defaults follow from: what the images are, as far as it shows without decoding them. */
export interface DataFacts {
  /** What the training images are called. */
  readonly name: string
  /** The number of training images, and of test images. */
  readonly count: number
  readonly testCount: number
  readonly channels: number
  /** The classes, if the images are labelled. */
  readonly classNames?: readonly string[]
  /** The number of training images of each class, if labels are known in advance. */
  readonly perClass?: readonly number[]
  /** The size of all training images, if they are of one. */
  readonly size?: ImageSize
  /** The sizes of some training images. */
  readonly sizes: SampledSizes
}

/**
 * Looks at the data: counts, classes, and the sizes of some images, by the headers of their files.
 * @throws if no image that is looked at can be read.
 */
export async function dataFacts({ train, test }: ExperimentData): Promise<DataFacts> {
  const { name, count, channels, classes, size, sizes } = await surveyImages(train)
  const known = classes?.every(({ images }) => images !== undefined)
  return {
    name,
    count,
    testCount: test.count,
    channels,
    classNames: classes?.map(({ name }) => name),
    perClass: known ? classes!.map(({ images }) => images!) : undefined,
    size,
    sizes,
  }
}
