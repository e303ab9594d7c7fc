import { type ConfigOf, type Schema, schema, table } from '@cascade-diffusion/checks'
import { type ImageSize, type ImageSource, resize, transformed } from '@cascade-diffusion/data'
import { dicebearEntry } from './dicebear.ts'
import { imagesEntry } from './images.ts'
import type { LoadOptions } from './load-context.ts'
import { mnistEntry } from './mnist.ts'

/** The data sets that a plan can name: a file and a line for each. */
export const datasets = table('a data set', [mnistEntry, dicebearEntry, imagesEntry])

/** Real images: those of training, and test images that no model has seen. Both are labelled, or neither is. */
export interface ExperimentData {
  readonly train: ImageSource
  readonly test: ImageSource
}

/** Images by name, such as `{ name: 'mnist' }`; or custom ones. */
export type DataConfig = ConfigOf<typeof datasets> | ExperimentData

const source = schema.value<ImageSource>(
  'a source of images, such as imageDataset gives',
  (x) => typeof (x as ImageSource | null)?.read === 'function',
)

/** Whether data are custom, complete or not, rather than named. */
export const isCustomData = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && !('name' in data) && ('train' in data || 'test' in data)

/** The schema of {@link ExperimentData}. */
export const customDataSchema: Schema<ExperimentData> = schema.record<ExperimentData>({ train: source, test: source })

/** The schema of {@link DataConfig}. */
export const dataSchema = schema.either(datasets.schema, customDataSchema, isCustomData)

/** Loads the training and the test images. @throws if data are missing. */
export async function loadData(config: DataConfig, options: LoadOptions): Promise<ExperimentData> {
  if (!('name' in config)) return config
  return {
    train: await datasets.of('data', config, 'train', options),
    test: await datasets.of('data', config, 'test', options),
  }
}

/** Real images of a size: as they are, or resized to it. */
export function dataAt(size: ImageSize, { train, test }: ExperimentData): ExperimentData {
  const sized = (source: ImageSource) =>
    String(source.size) === String(size) ? source : transformed(source, resize({ size }))
  return { train: sized(train), test: sized(test) }
}
