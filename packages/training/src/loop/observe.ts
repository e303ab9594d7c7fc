import type { NDArray } from '@cascade-diffusion/arrays'
import type { Packing } from '../step/packing.ts'
import { type AnyTrainState, mapParams, type ParamsByName, readParams } from '../step/state.ts'
import type { TrainObserver, TrainSnapshot } from './options.ts'

/** What {@link observe} is given besides the snapshot. */
interface ObserveOptions {
  readonly steps: number
  readonly observer: TrainObserver | undefined
  readonly signal: AbortSignal | undefined
}

/** Calls the observer, if there is one and it wants this step. An error of a run that was interrupted is not one. */
export async function observe(snapshot: TrainSnapshot, { steps, observer, signal }: ObserveOptions): Promise<void> {
  const { step } = snapshot
  if (!observer || signal?.aborted || step === 0 || (step % observer.every !== 0 && step !== steps)) return
  try {
    await observer.call(snapshot)
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}

/** A state of packed weights, to be read as long as no step has taken it over. */
export const snapshotOf = (step: number, { params, averages }: AnyTrainState, { unpack }: Packing): TrainSnapshot => ({
  step,
  params: async () => unpack(await readParams(params)),
  async averages(): Promise<ParamsByName<NDArray>> {
    const read = mapParams(averages, async (average, name) => [name, unpack(await readParams(average))] as const)
    return Object.fromEntries(await Promise.all(Object.values(read)))
  },
})
