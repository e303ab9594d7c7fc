import { isNDArray, type NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'

/** What metrics are computed from: some images, and what is known of each. */
export interface Examples {
  /** [n, H, W, C] in [-1, 1]. */
  readonly images?: NDArray<'float32'>
  /** [n, D], of an extractor. */
  readonly features?: NDArray
  /** [n, K], of an extractor: unnormalised log-probabilities of classes, or any increasing function of them. */
  readonly logits?: NDArray
  /** [n], int32 from 0: the true classes of real images, and of generated ones those that were asked for. */
  readonly labels?: NDArray
}

/** One of the things that a metric may need of images. */
export type Need = keyof Examples

/** All of them. */
export const needs: readonly Need[] = ['images', 'features', 'logits', 'labels']

/** What a metric says: one number, and whatever else helps to interpret it. */
export interface Figure {
  /** The metric itself. */
  readonly value: number
  /** Why the figure should be read with care. */
  readonly warnings?: readonly string[]
}

/**
 * A metric of generated images. It sees images in batches and keeps a state: numbers and typed arrays, which can be saved and sent.
 * Its functions are pure. States of parts of a set, from batches or from several processes, are combined by `merge`, in any order.
 *
 * `N` are its needs, `S` is its state, `R` what it compares with (undefined for a metric without a reference), `F` its figure.
 */
export interface Metric<N extends Need = Need, S = unknown, R = unknown, F extends Figure = Figure> {
  /** What reports and errors call it. */
  readonly name: string
  readonly better: 'lower' | 'higher'
  /** What it needs of generated images, and of the reference images; nothing of these if it compares with none. */
  readonly needs: { readonly generated: readonly N[]; readonly reference: readonly N[] }
  /** The state of no images. */
  start(): S
  /** The state with more images. @throws if they are not as it expects. */
  add(state: S, examples: Required<Pick<Examples, N>>): S
  /** The state of two sets of images taken together. */
  merge(a: S, b: S): S
  /** What is computed once of the reference images' state, for any number of comparisons. Default: the state itself. */
  prepare?(reference: S): R
  /** The figure of all images seen. @throws if there are too few. */
  finish(state: S, reference: R): F | Promise<F>
}

/** Metrics by the names that their figures are to have. */
export type Metrics = Readonly<Record<string, Metric>>

/** The figure of a metric: one for each reference, or just one of a metric that compares with none. */
export type FigureOf<M, Ref extends string> =
  M extends Metric<infer _N, infer _S, infer R, infer F>
    ? unknown extends R
      ? F | Readonly<Record<Ref, F>>
      : [R] extends [undefined]
        ? F
        : Readonly<Record<Ref, F>>
    : never

/** The figures of an evaluation, by the names of the metrics. */
export type Figures<M extends Metrics, Ref extends string> = { readonly [K in keyof M]: FigureOf<M[K], Ref> }

/** Whether a metric compares generated images with reference images. */
export const compares = ({ needs }: Pick<Metric, 'needs'>): boolean => needs.reference.length > 0

/** The reference of a metric, ready for comparisons. */
export const prepared = <S, R>(metric: { prepare?(reference: S): R }, state: S): R =>
  metric.prepare ? metric.prepare(state) : (state as unknown as R)

/**
 * A metric of examples that are all in memory, such as features computed elsewhere: `measure(fid(), { features }, { features: real })`.
 * @param reference what it compares with; none for a metric that compares with none.
 * @throws if the reference, or what the metric needs, is missing; as the metric does.
 */
export async function measure<N extends Need, S, R, F extends Figure>(
  metric: Metric<N, S, R, F>,
  generated: Required<Pick<Examples, N>>,
  ...reference: [R] extends [undefined] ? [] : [reference: Required<Pick<Examples, N>>]
): Promise<F> {
  const [real] = reference
  if (compares(metric) !== (real !== undefined))
    throw new CascadeError(
      'input',
      real
        ? `measure: expected no reference, since ${metric.name} compares with none`
        : `measure: expected a reference, which ${metric.name} compares with, got none`,
    )
  checkNeeds(metric.needs.generated, 'generated', generated)
  if (real) checkNeeds(metric.needs.reference, 'reference', real)
  const state = (examples: Required<Pick<Examples, N>>) => metric.add(metric.start(), examples)
  return metric.finish(state(generated), real ? prepared(metric, state(real)) : (undefined as R))
}

function checkNeeds(names: readonly Need[], role: string, examples: Examples): void {
  for (const name of names)
    if (!isNDArray(examples?.[name]))
      throw new CascadeError(
        'input',
        `measure: expected ${name} of the ${role} images, an array, got ${shown(examples?.[name])}`,
      )
}
