import { type Entry, schema } from '@cascade-diffusion/checks'
import { installedDatasets } from './installed-datasets.ts'
import type { LoadContext, Loaded } from './load-context.ts'

/** MNIST, 28×28 with a black margin to `size`×`size`. */
export interface MnistConfig {
  readonly name: 'mnist'
  /** Even, at least 28. Default 32. */
  readonly size?: number
}

/** The entry of MNIST in the table of data sets. */
export const mnistEntry: Entry<MnistConfig, Loaded, LoadContext> = {
  name: 'mnist',
  schema: schema.record<MnistConfig>({
    name: schema.oneOf(['mnist']),
    size: schema.optional(schema.integer({ from: 28 })),
  }),
  async make({ size }) {
    const { loadMnist } = await installedDatasets()
    return { train: await loadMnist({ split: 'train', size }), test: await loadMnist({ split: 'test', size }) }
  },
}
