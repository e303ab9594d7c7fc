import { CascadeError, isCascadeError, shown } from '@cascade-diffusion/checks'
import { openImages, recogniseImages, type SourceConfig, sources } from '@cascade-diffusion/data'
import type { ConfiguredData } from '../config/cascade-config.ts'
import { type DataConfig, datasets } from '../data/data.ts'
import type { ImagesConfig } from '../data/images.ts'

/**
 * Where the images are, with nothing left out: a path or a source by name becomes images of files, with test images. These are those that
 * a path has beside its training images (`val`, else `test`), else a tenth of the training images, or a little more of fewer than 100.
 * @throws if a path does not exist or has no images, or a configuration has no such name.
 */
export async function completeData(data: ConfiguredData): Promise<DataConfig> {
  if (typeof data === 'string') return { name: 'images', train: data, test: await testImages(data) }
  if (typeof data !== 'object' || data === null)
    throw new CascadeError('input', `data: expected a path, or images by name, got ${shown(data)}`)
  if (!('name' in data)) return data
  if (data.name === 'images') {
    const { train } = data as ImagesConfig
    return { ...data, test: data.test ?? (await (typeof train === 'string' ? testImages(train) : shareOf(train))) }
  }
  const isSource = (sources.names as readonly string[]).includes(data.name)
  if (!isSource || (datasets.names as readonly string[]).includes(data.name)) return data as DataConfig
  return { name: 'images', train: data as SourceConfig, test: await shareOf(data as SourceConfig) }
}

/** The test images of a path. */
async function testImages(path: string): Promise<ImagesConfig['test']> {
  const train = JSON.stringify(await recogniseImages(path))
  for (const split of ['val', 'test'] as const) {
    const found = await recogniseImages(path, { split }).catch((error: unknown) => {
      if (isCascadeError(error, 'data')) return undefined
      throw error
    })
    if (found && JSON.stringify(found) !== train) return found
  }
  return shareOf(path)
}

/** The share of the training images that are test images, where there are no others: about 10 images at least, but at most 0.3. */
async function shareOf(train: string | SourceConfig): Promise<{ readonly validation: number }> {
  const { count } = await openImages(train)
  return { validation: Math.min(0.3, Math.max(0.1, Number((10 / count).toFixed(2)))) }
}
