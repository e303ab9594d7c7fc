import { join } from 'node:path'
import { CascadeError, type Entry, isCascadeError, type Schema, schema } from '@cascade-diffusion/checks'
import {
  type ImageSource,
  openImages,
  type SourceConfig,
  sources,
  splitByContent,
  type TransformConfig,
  transformed,
  transformOf,
  transforms,
} from '@cascade-diffusion/data'
import type { ExperimentData, LoadContext, Loaded, LoadOptions } from './load-context.ts'

/** Images of files. */
export interface ImagesConfig {
  readonly name: 'images'
  /** Training images: a path, which `openImages` recognises, or a source by name. */
  readonly train: string | SourceConfig
  /** Test images in the same way; or a part of the training images, which is split off by `splitByContent`. */
  readonly test: string | SourceConfig | { readonly validation: number }
  /** What is done to each image: `[{ name: 'resize-crop', size: 64 }, { name: 'random-flip' }]`. Test images skip random ones. Default: none. */
  readonly transforms?: readonly TransformConfig[]
}

const isText = (x: unknown): boolean => typeof x === 'string'
const place = schema.either(sources.schema, schema.text(), isText) as Schema<string | SourceConfig>
const share = schema.value<number>('a number above 0 and below 1', (x) => typeof x === 'number' && x > 0 && x < 1, {
  type: 'number',
  exclusiveMinimum: 0,
  exclusiveMaximum: 1,
})
const isShare = (x: unknown): boolean => typeof x === 'object' && x !== null && 'validation' in x

/** The entry of images of files in the table of data sets. */
export const imagesEntry: Entry<ImagesConfig, Loaded, LoadContext> = {
  name: 'images',
  schema: schema.record<ImagesConfig>({
    name: schema.oneOf(['images']),
    train: place,
    test: schema.either(place, schema.record<{ readonly validation: number }>({ validation: share }), isShare),
    transforms: schema.optional(schema.list(transforms.schema)),
  }),
  async make({ train, test, transforms: configs = [] }, options) {
    const isShared = typeof test === 'object' && 'validation' in test
    const opened = await openImages(train)
    const data = isShared ? await cut(opened, test, options) : { train: opened, test: await openImages(test) }
    return transformedData(data, configs)
  },
}

/** Splits test images off. */
async function cut(
  source: ImageSource,
  { validation }: { readonly validation: number },
  { cacheDir, progress }: LoadOptions,
): Loaded {
  const cache = join(cacheDir, 'image-hashes')
  const report = ({ done, total }: { done: number; total: number }) => progress({ done, total })
  const parts = await splitByContent(source, { validation, cache, progress: report }).catch((cause: unknown) => {
    if (!isCascadeError(cause, 'data') || source.count >= 100) throw cause
    throw new CascadeError(
      'data',
      `data: expected training and test images, got none on one side: a share of ${validation} of ${source.count} images of ` +
        `${source.name}. Add images, or set data.test to other images or to a greater share, { validation: 0.3 }`,
      { cause },
    )
  })
  return { train: parts.train, test: parts.validation }
}

/** Images with transforms, of which test images skip random ones. */
export function transformedData({ train, test }: ExperimentData, configs: readonly TransformConfig[]): ExperimentData {
  const all = configs.map((config) => transformOf(config))
  const changed = (source: ImageSource, own: typeof all) => (own.length > 0 ? transformed(source, ...own) : source)
  return {
    train: changed(train, all),
    test: changed(
      test,
      all.filter(({ draw }) => !draw),
    ),
  }
}
