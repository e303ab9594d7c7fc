import { type ConfigOf, type Schema, schema, table } from '@cascade-diffusion/checks'
import { type ImageSize, type ImageSource, resize, transformed } from '@cascade-diffusion/data'
import { dicebearEntry } from './dicebear.ts'
import { imagesEntry, transformedData } from './images.ts'
import type { ExperimentData, LoadOptions } from './load-context.ts'
import { mnistEntry } from './mnist.ts'

/** The data sets that a plan can name: a file and a line for each. */
export const datasets = table('a data set', [mnistEntry, dicebearEntry, imagesEntry])

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
  return 'name' in config ? datasets.of('data', config, options) : config
}

/** The images of a configuration that adds transforms to another one, whose images are loaded. */
export const withAdded = (config: DataConfig, before: DataConfig, loaded: ExperimentData): ExperimentData =>
  'name' in config ? transformedData(loaded, transformsIn(config).slice(transformsIn(before).length)) : config

const transformsIn = (config: DataConfig) =>
  'name' in config && config.name === 'images' ? (config.transforms ?? []) : []

/** Real images of a size: as they are, or resized to it. */
export function dataAt(size: ImageSize, { train, test }: ExperimentData): ExperimentData {
  const sized = (source: ImageSource) =>
    String(source.size) === String(size) ? source : transformed(source, resize({ size }))
  return { train: sized(train), test: sized(test) }
}
