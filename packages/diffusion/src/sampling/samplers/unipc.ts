import { CascadeError, checkOptions, type Entry, schema, shown } from '@cascade-diffusion/checks'
import type { Level } from '../level.ts'
import { type Sampler, weightedSum } from './sampler.ts'
import { type Integration, integration } from './unipc-weights.ts'

/** Options of {@link unipc}. */
export interface UnipcOptions {
  /** p, 1 to 3: the number of predictions of x0 that are extrapolated. The order of convergence is p + 1. Default 2. */
  readonly order?: 1 | 2 | 3
}

/**
 * UniPC-p (Zhao et al. 2023, "UniPC", algorithms 5 and 6) for predicted x0, with B(h) = e^h - 1 ("bh2"): a predictor of
 * order p, and a corrector of order p + 1 that reuses the evaluation at the next level. The first steps have lower
 * orders. The step to the data is of first order and is not corrected. One evaluation of the network per step.
 * @throws if the order is not 1, 2 or 3.
 */
export function unipc(options: UnipcOptions = {}): Sampler {
  checkOptions('unipc', options, { order: true })
  const { order = 2 } = options
  if (![1, 2, 3].includes(order))
    throw new CascadeError('input', `unipc: expected an order of 1, 2 or 3, got ${shown(order)}`)
  const names = (what: string, count: number) => Array.from({ length: count }, (_, i) => `${what}${i}`)
  const [corrected, predicted] = [names('corrected', order + 1), names('predicted', order)]
  return {
    name: `unipc-${order}`,
    // The images at this level are corrected: a sum of x_t, the previous corrected images, and predictions of x0.
    // Those at the next level are predicted: a sum of the corrected images and predictions of x0, the latest first.
    coefficients: ['xt', 'previous', 'next', ...corrected, ...predicted],
    needsNoise: false,
    history: 1 + order,
    plan({ now, next, before: all }) {
      // The step from pure noise is infinitely long.
      const before = all.filter(({ alpha }) => alpha > 0)
      const predictor = integration(now, next, next.sigma === 0 ? [] : before.slice(0, order - 1))
      const corrector = correctorOf(before.slice(0, order), now)
      const named = (names: readonly string[], weights: readonly number[] = []) =>
        Object.fromEntries(names.map((name, i) => [name, weights[i] ?? 0]))
      return [
        {
          at: now,
          c: {
            xt: corrector ? 0 : 1,
            previous: corrector?.x ?? 0,
            next: predictor.x,
            ...named(corrected, corrector?.outputs),
            ...named(predicted, predictor.outputs),
          },
        },
      ]
    },
    update({ xt, denoised, history: [previous, ...earlier], c }) {
      const x0s = [denoised.x0, ...earlier]
      const weighted = (names: readonly string[]) => names.map((name, i) => [c[name]!, x0s[i]] as const)
      const here = weightedSum([c.xt!, xt], [c.previous!, previous], ...weighted(corrected))
      return {
        xt: weightedSum([c.next!, here], ...weighted(predicted)),
        history: [here, ...x0s.slice(0, order)],
      }
    },
  }
}

/** The step to this level again, now with the prediction at this level, whose weight comes first. */
function correctorOf([from, ...earlier]: readonly Level[], now: Level): Integration | undefined {
  if (!from) return undefined
  const { x, outputs } = integration(from, now, [now, ...earlier])
  const [atFrom, atNow, ...rest] = outputs
  return { x, outputs: [atNow!, atFrom!, ...rest] }
}

/** {@link unipc} by name: a JSON value. */
export interface UnipcConfig extends UnipcOptions {
  readonly name: 'unipc'
}

/** The entry of the table. */
export const unipcEntry: Entry<UnipcConfig, Sampler> = {
  name: 'unipc',
  schema: schema.record<UnipcConfig>({
    name: schema.oneOf(['unipc']),
    order: schema.optional(schema.oneOf([1, 2, 3])),
  }),
  make: ({ name, ...options }) => unipc(options),
}
