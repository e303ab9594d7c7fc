import { CascadeError, type ConfigOf, checkOptions, type Entry, schema, shown, table } from '@cascade-diffusion/checks'
import {
  abs,
  add,
  clipByValue,
  div,
  maximum,
  minimum,
  mul,
  neg,
  reshape,
  slice,
  type Tensor,
  type Tensor4D,
  topk,
} from '@tensorflow/tfjs-core'

/** Processes a predicted x0 [N,H,W,C] before it is used: a traceable function of tensors. */
export type ProcessX0 = (x0: Tensor4D) => Tensor4D

/** Static clipping: x0 to [-1, 1], the range of images. */
export const clipX0: ProcessX0 = (x0) => clipByValue(x0, -1, 1)

/** Leaves x0 as it is: for data that are not images. */
export const keepX0: ProcessX0 = (x0) => x0

/** Options of {@link dynamicThreshold}. */
export interface DynamicThresholdOptions {
  /** The share of an image's values whose magnitude is below the threshold, above 0 and at most 1. Default 0.995. */
  readonly percentile?: number
}

/**
 * Dynamic thresholding (Imagen, Saharia et al. 2022, section 2.3): x0 is clipped to [-s, s] and divided by s. The
 * threshold s of an image is a percentile of the magnitudes of its values, interpolated linearly between the two
 * nearest, and at least 1.
 * @throws if the percentile is out of range.
 */
export function dynamicThreshold(options: DynamicThresholdOptions = {}): ProcessX0 {
  checkOptions('dynamicThreshold', options, { percentile: true })
  const { percentile = 0.995 } = options
  if (!(typeof percentile === 'number' && percentile > 0 && percentile <= 1))
    throw new CascadeError(
      'input',
      `dynamicThreshold: expected a percentile above 0 and at most 1, got ${shown(percentile)}`,
    )
  return (x0) => {
    const n = x0.shape[0]
    const s = reshape(maximum(quantile(abs(reshape(x0, [n, -1])), percentile), 1), [n, 1, 1, 1])
    return div(minimum(maximum(x0, neg(s)), s), s)
  }
}

/** A quantile of each row of [N,M]: [N,1]. Only the values above it are sorted. */
function quantile(rows: Tensor, q: number): Tensor {
  const [n, m] = rows.shape as [number, number]
  const place = q * (m - 1)
  const below = Math.floor(place)
  const k = m - below
  const { values } = topk(rows, k)
  const entry = (fromGreatest: number) => slice(values, [0, fromGreatest], [n, 1])
  const part = place - below
  if (part === 0) return entry(k - 1)
  return add(mul(entry(k - 1), 1 - part), mul(entry(k - 2), part))
}

/** {@link clipX0} by name. */
export interface ClipConfig {
  readonly name: 'clip'
}

/** {@link keepX0} by name. */
export interface KeepConfig {
  readonly name: 'keep'
}

/** {@link dynamicThreshold} by name. */
export interface DynamicThresholdConfig extends DynamicThresholdOptions {
  readonly name: 'dynamic-threshold'
}

const clip: Entry<ClipConfig, ProcessX0> = {
  name: 'clip',
  schema: schema.record<ClipConfig>({ name: schema.oneOf(['clip']) }),
  make: () => clipX0,
}

const keep: Entry<KeepConfig, ProcessX0> = {
  name: 'keep',
  schema: schema.record<KeepConfig>({ name: schema.oneOf(['keep']) }),
  make: () => keepX0,
}

const threshold: Entry<DynamicThresholdConfig, ProcessX0> = {
  name: 'dynamic-threshold',
  schema: schema.record<DynamicThresholdConfig>({
    name: schema.oneOf(['dynamic-threshold']),
    percentile: schema.optional(schema.number({ from: 0, to: 1 })),
  }),
  make: ({ name, ...options }) => dynamicThreshold(options),
}

/** The ways to process a predicted x0, by name. */
export const processesX0 = table('a processing of x0', [clip, keep, threshold])

/** A way to process a predicted x0, by its name: a JSON value. */
export type ProcessX0Config = ConfigOf<typeof processesX0>

/**
 * The function of a configuration. @throws CascadeError 'input' that lists everything that is wrong with the
 * configuration.
 */
export const processX0Of = (config: ProcessX0Config): ProcessX0 => processesX0.of('processX0', config)
