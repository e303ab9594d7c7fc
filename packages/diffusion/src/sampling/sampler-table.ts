import { type ConfigOf, table } from '@cascade-diffusion/checks'
import { ancestralEntry } from './samplers/ancestral.ts'
import { ddimEntry } from './samplers/ddim.ts'
import { ddimInversionEntry } from './samplers/ddim-inversion.ts'
import { dpmSolverEntry } from './samplers/dpm-solver.ts'
import { heunEntry } from './samplers/heun.ts'
import type { Sampler } from './samplers/sampler.ts'
import { unipcEntry } from './samplers/unipc.ts'

/** The samplers, by name. */
export const samplers = table('a sampler', [
  ancestralEntry,
  ddimEntry,
  ddimInversionEntry,
  dpmSolverEntry,
  heunEntry,
  unipcEntry,
])

/** A sampler by its name, such as `{ name: 'ddim', eta: 1 }`: a JSON value. */
export type SamplerConfig = ConfigOf<typeof samplers>

/**
 * The sampler of a configuration.
 * @throws CascadeError 'input' that lists everything that is wrong with it.
 */
export const samplerOf = (config: SamplerConfig): Sampler => samplers.of('sampler', config)
