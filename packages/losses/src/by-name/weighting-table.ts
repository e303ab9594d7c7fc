import { type ConfigOf, type Entry, schema, table } from '@cascade-diffusion/checks'
import { edm, minSnr, type P2Options, p2, type Weighting } from '../weightings.ts'

/** {@link minSnr} by name: a JSON value. */
export interface MinSnrConfig {
  readonly name: 'min-snr'
  /** Above 0. Default 5. */
  readonly gamma?: number
}

/** {@link p2} by name: a JSON value. */
export interface P2Config extends P2Options {
  readonly name: 'p2'
}

/** {@link edm} by name: a JSON value. */
export interface EdmConfig {
  readonly name: 'edm'
  /** The standard deviation of the data, above 0. Default 0.5. */
  readonly sigmaData?: number
}

const positive = schema.optional(schema.positive())

const minSnrEntry: Entry<MinSnrConfig, Weighting> = {
  name: 'min-snr',
  schema: schema.record<MinSnrConfig>({ name: schema.oneOf(['min-snr']), gamma: positive }),
  make: ({ name, ...options }) => minSnr(options),
}

const p2Entry: Entry<P2Config, Weighting> = {
  name: 'p2',
  schema: schema.record<P2Config>({
    name: schema.oneOf(['p2']),
    gamma: schema.optional(schema.number({ from: 0 })),
    k: positive,
  }),
  make: ({ name, ...options }) => p2(options),
}

const edmEntry: Entry<EdmConfig, Weighting> = {
  name: 'edm',
  schema: schema.record<EdmConfig>({ name: schema.oneOf(['edm']), sigmaData: positive }),
  make: ({ name, ...options }) => edm(options),
}

/** The weightings, by name. */
export const weightings = table('a weighting', [minSnrEntry, p2Entry, edmEntry])

/** The weight of the squared error at each noise level, by its name: a JSON value. */
export type WeightingConfig = ConfigOf<typeof weightings>

/** The weighting of a configuration. @throws CascadeError 'input' that lists everything that is wrong with it. */
export const weightingOf = (config: WeightingConfig): Weighting => weightings.of('weighting', config)
