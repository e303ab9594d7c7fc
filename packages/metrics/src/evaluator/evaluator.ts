import { CascadeError, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { compares, type Figure, type Figures, type Metric, type Metrics, prepared } from '../metrics/metric.ts'
import { type Collected, type CollectOptions, checkMeasurement, collect, type Measurement } from './collect.ts'
import type { EvaluatedImages } from './image-reader.ts'

/** Options of {@link evaluator}. */
export interface EvaluatorOptions<M extends Metrics, Ref extends string> extends Measurement<M>, CollectOptions {
  /**
   * Real images to compare with, by name: `{ train: trainSet, test: testSet }`; or `{ collected }`, the states that `collect` has made of
   * them. Default: none.
   */
  readonly references?: Readonly<Record<Ref, EvaluatedImages | { readonly collected: Collected<M> }>>
}

const optionKeys: KnownKeys<EvaluatorOptions<Metrics, string>> = {
  extractor: true,
  metrics: true,
  references: true,
  batchSize: true,
  progress: true,
  signal: true,
}

/** An extractor and metrics, ready to evaluate any number of sets of images. */
export interface Evaluator<M extends Metrics = Metrics, Ref extends string = string> extends Measurement<M> {
  /**
   * The figures of generated images, by metric. A metric that compares gives one figure for each reference.
   * @throws as {@link collect}.
   */
  evaluate(images: EvaluatedImages, options?: CollectOptions): Promise<Figures<M, Ref>>
  /** The figures of images that `collect` has seen, of several parts merged by `mergeCollected`. */
  finish(collected: Collected<M>): Promise<Figures<M, Ref>>
}

/**
 * Makes an evaluator: reads the reference images, and computes once what comparisons with them need.
 * @throws if an option is missing or unknown, a metric compares and there is no reference, and as {@link collect}.
 */
export async function evaluator<M extends Metrics, Ref extends string = never>(
  options: EvaluatorOptions<M, Ref>,
): Promise<Evaluator<M, Ref>> {
  checkOptions('evaluator', options as EvaluatorOptions<Metrics, string>, optionKeys)
  const { extractor, metrics, references = {}, batchSize, progress, signal } = options
  const measurement = { extractor, metrics }
  checkMeasurement(measurement)
  const entries = Object.entries<Metric>(metrics)
  const alone = entries.find(([, metric]) => compares(metric) && Object.keys(references).length === 0)
  if (alone)
    throw new CascadeError('input', `evaluator: expected references, which the metric '${alone[0]}' needs, got none`)

  const real: (readonly [reference: string, Readonly<Record<string, unknown>>])[] = []
  for (const [name, images] of Object.entries<EvaluatedImages | { collected: Collected<M> }>(references)) {
    const collected =
      typeof images === 'object' && images !== null && 'collected' in images
        ? images.collected
        : await collect(measurement, images, 'reference', { batchSize, progress, signal })
    const states = entries.filter(([, metric]) => compares(metric))
    real.push([name, Object.fromEntries(states.map(([key, metric]) => [key, prepared(metric, collected[key])]))])
  }

  const finish = async (collected: Collected<M>) => {
    const figures: Record<string, unknown> = {}
    for (const [name, metric] of entries) {
      const state = collected[name] ?? metric.start()
      if (!compares(metric)) figures[name] = checkedFigure(name, await metric.finish(state, undefined))
      else {
        const each: Record<string, unknown> = {}
        for (const [reference, states] of real)
          each[reference] = checkedFigure(name, await metric.finish(state, states[name]))
        figures[name] = each
      }
    }
    return figures as Figures<M, Ref>
  }
  return {
    extractor,
    metrics,
    finish,
    evaluate: async (images, options = {}) =>
      finish(await collect(measurement, images, 'generated', { batchSize, ...options })),
  }
}

/** @throws unless it is a figure, with a number. */
function checkedFigure(metric: string, figure: Figure): Figure {
  if (typeof figure?.value === 'number' && !Number.isNaN(figure.value)) return figure
  const got = figure?.value === undefined ? shown(figure) : `a value of ${shown(figure.value)}`
  throw new CascadeError('input', `evaluator: expected the metric '${metric}' to give { value }, a number, got ${got}`)
}
