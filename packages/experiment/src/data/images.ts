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
import type { LoadContext, Loaded, Split } from './load-context.ts'

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
  async make({ train, test, transforms: configs = [] }, split, { cacheDir, progress }) {
    const opened = await openedPart({ train, test }, split, async (source, validation) => {
      const cache = join(cacheDir, 'image-hashes')
      const report = ({ done, total }: { done: number; total: number }) => progress({ split, done, total })
      const parts = await splitByContent(source, { validation, cache, progress: report }).catch((cause: unknown) => {
        if (!isCascadeError(cause, 'data') || source.count >= 100) throw cause
        throw new CascadeError(
          'data',
          `data: expected training and test images, got none on one side: a share of ${validation} of ${source.count} images of ` +
            `${source.name}. Add images, or set data.test to other images or to a greater share, { validation: 0.3 }`,
          { cause },
        )
      })
      return split === 'train' ? parts.train : parts.validation
    })
    const own = configs.map((config) => transformOf(config)).filter(({ draw }) => split === 'train' || !draw)
    return own.length > 0 ? transformed(opened, ...own) : opened
  },
}

async function openedPart(
  { train, test }: Pick<ImagesConfig, 'train' | 'test'>,
  split: Split,
  cut: (source: ImageSource, validation: number) => Promise<ImageSource>,
): Promise<ImageSource> {
  if (typeof test === 'object' && 'validation' in test) return cut(await openImages(train), test.validation)
  return openImages(split === 'train' ? train : test)
}
