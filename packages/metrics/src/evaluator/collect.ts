import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOneOf,
  checkOptions,
  shown,
  throwIfAborted,
} from '@cascade-diffusion/checks'
import type { Extractor } from '../extractors/extractor.ts'
import { type Examples, type Metric, type Metrics, type Need, needs } from '../metrics/metric.ts'
import { fullBatches } from './full-batches.ts'
import { type EvaluatedImages, type ImageArrays, imageReader } from './image-reader.ts'

/** How images are run through an extractor. */
export interface CollectOptions {
  /** Images in each call of the extractor: a matter of memory and speed. Default 200. */
  readonly batchSize?: number
  /** Called after each batch. */
  readonly progress?: (progress: { readonly done: number; readonly count: number }) => void
  /** Ends it before the next batch, with an error of code `interrupted`. */
  readonly signal?: AbortSignal
}

/** The states of metrics after some images, by the names of the metrics. */
export type Collected<M extends Metrics> = {
  readonly [K in keyof M]: M[K] extends Metric<infer _N, infer S, infer _R, infer _F> ? S : never
}

/** Whose needs count: those of generated images, or of reference images. */
export type Role = 'generated' | 'reference'

/** Metrics with the extractor that they see images through. */
export interface Measurement<M extends Metrics> {
  readonly extractor: Extractor
  readonly metrics: M
}

/**
 * The states of metrics after all of the images, which are read and run through the extractor once, in batches.
 * @param role of the images. As a reference only the metrics that compare take part.
 * @throws if a metric needs what the images or the extractor do not give, the images do not fit the extractor, or the signal aborts.
 */
export async function collect<M extends Metrics>(
  { extractor, metrics }: Measurement<M>,
  images: EvaluatedImages,
  role: Role,
  options: CollectOptions = {},
): Promise<Collected<M>> {
  const where = role === 'reference' ? 'evaluator: reference images' : 'evaluator'
  checkOptions('evaluator', options, { batchSize: true, progress: true, signal: true })
  const { batchSize = 200, progress, signal } = options
  checkInteger('evaluator', 'batchSize', batchSize, { from: 1 })
  if (progress !== undefined) checkFunction('evaluator', 'progress', progress)
  const taking = Object.entries<Metric>(metrics).filter(([, { needs }]) => needs[role].length > 0)
  const states: Record<string, unknown> = Object.fromEntries(taking.map(([name, metric]) => [name, metric.start()]))
  const all = new Set(taking.flatMap(([, { needs }]) => needs[role]))
  const reader = imageReader(where, images, batchSize)
  try {
    if (all.size === 0) return states as Collected<M>
    const { count } = reader
    const extract = all.has('features') || all.has('logits') ? fullBatches(extractor, batchSize) : undefined
    for (let from = 0; from < count; from += batchSize) {
      throwIfAborted(signal, 'evaluator')
      const batch = await reader.batch(from / batchSize)
      if (extract) checkConvention(where, extractor, batch)
      const examples: Examples = { ...batch, ...(await extract?.(batch.images)) }
      for (const [name, metric] of taking)
        states[name] = metric.add(states[name], needed(where, examples, metric.needs[role], name))
      progress?.({ done: Math.min(count, from + batchSize), count })
    }
  } finally {
    await reader.close()
  }
  return states as Collected<M>
}

/** The states of two sets of images taken together: of parts of a set that several processes have collected. */
export function mergeCollected<M extends Metrics>(metrics: M, a: Collected<M>, b: Collected<M>): Collected<M> {
  const merged = Object.entries<Metric>(metrics)
    .filter(([name]) => name in a || name in b)
    .map(([name, metric]) => [name, metric.merge(a[name] ?? metric.start(), b[name] ?? metric.start())])
  return Object.fromEntries(merged) as Collected<M>
}

/** What a metric needs of the examples, and nothing else. @throws if some of it is not there. */
function needed(where: string, examples: Examples, names: readonly Need[], metric: string): Required<Examples> {
  const missing = names.find((name) => examples[name] === undefined)
  if (missing)
    throw new CascadeError('input', `${where}: expected ${missing}, which the metric '${metric}' needs, got none`)
  return Object.fromEntries(names.map((name) => [name, examples[name]])) as unknown as Required<Examples>
}

function checkConvention(where: string, { name, convention }: Extractor, { images }: ImageArrays): void {
  const { size, channels, resize } = convention
  const [, h, w, c] = images.shape
  if (c === channels && (resize !== 'none' || (h === size[0] && w === size[1]))) return
  const expected = resize === 'none' ? `[N, ${size[0]}, ${size[1]}, ${channels}]` : `[N, H, W, ${channels}]`
  throw new CascadeError(
    'input',
    `${where}: expected images of shape ${expected} for the extractor '${name}', got [${images.shape}]`,
  )
}

/** @throws unless they are an extractor and metrics that go together. */
export function checkMeasurement({ extractor, metrics }: Measurement<Metrics>): void {
  if (typeof extractor?.extract !== 'function')
    throw new CascadeError(
      'input',
      `evaluator: expected an extractor, as classifierExtractor makes it, got ${shown(extractor)}`,
    )
  const { name: of, convention, dimension } = extractor
  if (!Array.isArray(convention?.size) || typeof convention.channels !== 'number' || typeof dimension !== 'number')
    throw new CascadeError(
      'input',
      `evaluator: expected a convention { size, channels, range, resize } and a dimension of the extractor '${of}', ` +
        `got ${shown(convention)} and ${shown(dimension)}`,
    )
  if (typeof metrics !== 'object' || metrics === null || Object.keys(metrics).length === 0)
    throw new CascadeError(
      'input',
      `evaluator: expected metrics by name, such as { fid: fid() }, got ${shown(metrics)}`,
    )
  for (const [name, metric] of Object.entries(metrics)) {
    const functions = ['start', 'add', 'merge', 'finish'] as const
    if (!metric?.needs?.generated || !metric.needs.reference || functions.some((f) => typeof metric[f] !== 'function'))
      throw new CascadeError(
        'input',
        `evaluator: expected a metric, as fid() makes it, got ${shown(metric)} at '${name}'`,
      )
    const { generated, reference } = metric.needs
    const unknown = [...generated, ...reference].find((need) => !needs.includes(need))
    if (unknown !== undefined) checkOneOf('evaluator', `needs of the metric '${name}'`, unknown, needs)
    if (typeof metric.name !== 'string')
      throw new CascadeError('input', `evaluator: expected a name of the metric '${name}', got ${shown(metric.name)}`)
    checkOneOf('evaluator', `better of the metric '${name}'`, metric.better, ['lower', 'higher'])
    if (extractor.classes === undefined && [...generated, ...reference].includes('logits'))
      throw new CascadeError(
        'input',
        `evaluator: expected an extractor with classes for the metric '${name}', got '${extractor.name}' without`,
      )
  }
}
