import { concatenate, type NDArray, rows } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { Extracted, Extractor } from '../extractors/extractor.ts'

/**
 * An extractor's `extract` for at most `batchSize` images, always run on that number, so that it is compiled for one size: a smaller
 * batch is filled up with copies of its last image, and the results of those are cut off.
 * @throws if the extractor gives results of another number or length than it says.
 */
export const fullBatches =
  (extractor: Extractor, batchSize: number) =>
  async (images: NDArray): Promise<Extracted> => {
    const count = images.shape[0] as number
    const last = rows(images, count - 1, count)
    const fill = Array.from({ length: batchSize - count }, () => last)
    const whole = fill.length === 0 ? images : concatenate([images, ...fill])
    const extracted: Partial<Extracted> | null | undefined = await extractor.extract(whole)
    const { features, logits } = extracted ?? {}
    const cut = (what: string, array: NDArray | undefined, length: number | undefined): NDArray => {
      if (`${array?.shape}` !== `${[batchSize, length]}`)
        throw new CascadeError(
          'input',
          `extractor '${extractor.name}': expected ${what} of shape [${batchSize}, ${length}], got ${array ? `[${array.shape}]` : 'none'}`,
        )
      return rows(array as NDArray, 0, count)
    }
    const { dimension, classes } = extractor
    return {
      features: cut('features', features, dimension),
      logits: classes === undefined ? undefined : cut('logits', logits, classes),
    }
  }
