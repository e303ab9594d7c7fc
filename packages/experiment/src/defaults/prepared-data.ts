import { imageSize, resizeCrop, transformed } from '@cascade-diffusion/data'
import type { DataConfig } from '../data/data.ts'
import type { DataFacts } from './data-facts.ts'
import { fits, type Resolution } from './stage-sizes.ts'

/**
 * The data with what images of other sizes need: they are resized until the shorter side fits, and cropped to their middle. Data that fit
 * stay as they are.
 */
export function prepared(data: DataConfig, facts: DataFacts, resolution: Resolution): DataConfig {
  const [height, width] = imageSize('data', resolution)
  if (fits(facts, resolution) || height !== width) return data
  if (!('name' in data)) {
    const crop = resizeCrop({ size: height })
    return { train: transformed(data.train, crop), test: transformed(data.test, crop) }
  }
  if (data.name !== 'images') return data
  return { ...data, transforms: [...(data.transforms ?? []), { name: 'resize-crop', size: height }] }
}
