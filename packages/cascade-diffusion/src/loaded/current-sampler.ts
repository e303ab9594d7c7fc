import type { Compile } from '@cascade-diffusion/arrays'
import { type Cascade, type CascadeSampler, cascadeSampler, type SamplingChanges } from '@cascade-diffusion/cascade'

/** The sampler of a cascade, as it was sampled last. */
export interface CurrentSampler {
  /** Calls a function with the sampler of a way of sampling, once all calls before it have ended. */
  use<T>(changes: SamplingChanges, cascade: Cascade, work: (sampler: CascadeSampler) => Promise<T>): Promise<T>
  /** Frees it. */
  dispose(): Promise<void>
}

/**
 * Keeps one sampler, since each holds compiled models with their weights. Another way of sampling takes its place. Calls
 * run one after another, so that none loses its sampler.
 */
export function currentSampler(compile: Compile): CurrentSampler {
  let current: { readonly changes: SamplingChanges; readonly sampler: CascadeSampler } | undefined
  let last: Promise<unknown> = Promise.resolve()

  function after<T>(work: () => Promise<T>): Promise<T> {
    const run = last.then(work)
    last = run.catch(() => {})
    return run
  }

  const replace = async (next: typeof current) => {
    const before = current
    current = next
    await before?.sampler.dispose()
  }

  return {
    use: (changes, cascade, work) =>
      after(async () => {
        if (!current || !isSame(current.changes, changes))
          await replace({ changes, sampler: cascadeSampler(cascade, { compile }) })
        return work((current as NonNullable<typeof current>).sampler)
      }),
    dispose: () => after(() => replace(undefined)),
  }
}

/** Whether two values are the same configuration; what is no plain object only if it is the same. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (!isPlain(a) || !isPlain(b)) return false
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => isSame(a[name], b[name]))
}

const isPlain = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && (Array.isArray(x) || Object.getPrototypeOf(x) === Object.prototype)
