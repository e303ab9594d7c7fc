import { type Entry, schema } from '@cascade-diffusion/checks'
import { ddim } from './ddim.ts'
import type { Sampler } from './sampler.ts'

/**
 * DDIM inversion (Song et al. 2021, section 5.4; Dhariwal & Nichol 2021, appendix F): the deterministic DDIM run
 * upwards, from images to the noise from which {@link ddim} samples them. The images are taken as x_t at the first of
 * `steps`, which increase. The inversion is exact only in the limit of many steps: each step uses the ε predicted at
 * the level that it leaves.
 */
export const ddimInversion = (): Sampler => ({ ...ddim(), name: 'ddim-inversion', upwards: true })

/** {@link ddimInversion} by name: a JSON value. */
export interface DdimInversionConfig {
  readonly name: 'ddim-inversion'
}

/** The entry of the table. */
export const ddimInversionEntry: Entry<DdimInversionConfig, Sampler> = {
  name: 'ddim-inversion',
  schema: schema.record<DdimInversionConfig>({ name: schema.oneOf(['ddim-inversion']) }),
  make: () => ddimInversion(),
}
