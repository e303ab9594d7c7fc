import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { UpdaterConfig } from '../step/updater.ts'

/** What files of training said of their format before: Adam and one moving average, each in a place of its own. */
export const format1 = 'cascade-diffusion training 1'

const places: Readonly<Record<string, string>> = { ema: 'averages.ema', m: 'optimizer.m', v: 'optimizer.v' }

/** The name that an array has now. */
export function nameFrom1(name: string): string {
  const [head] = name.split('.', 1) as [string]
  const place = places[head]
  return place ? `${place}${name.slice(head.length)}` : name
}

/** The arrays under the names that they have now. */
export const tensorsFrom1 = (tensors: Params<NDArray>): Params<NDArray> =>
  Object.fromEntries(Object.entries(tensors).map(([name, array]) => [nameFrom1(name), array]))

/** What files said under `optimizer`. */
interface Settings1 {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** null for none: JSON has no ∞. */
  readonly clipNorm: number | null
  readonly emaDecay: number
  readonly learningRate?: number
  readonly lossScaling?: unknown
}

/** The settings as they are written now. */
export function settingsFrom1(settings: Settings1): UpdaterConfig & { learningRate?: number; lossScaling?: unknown } {
  if (typeof settings !== 'object' || settings === null)
    throw new CascadeError('checkpoint', `expected the settings of its optimiser, got ${shown(settings)}`)
  const { beta1, beta2, epsilon, clipNorm, emaDecay, ...rest } = settings
  const clip = clipNorm === null ? [] : [{ name: 'clip-by-global-norm', maxNorm: clipNorm }]
  return {
    optimizer: [...clip, { name: 'adam', beta1, beta2, epsilon }],
    averages: { ema: { decay: emaDecay } },
    ...rest,
  }
}
