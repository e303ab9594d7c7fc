import type { Params } from '@cascade-diffusion/arrays'
import { type DeviceArray, isDeviceArray, type NDArray } from '@cascade-diffusion/arrays'
import type { Tensor } from '@tensorflow/tfjs-core'

/** What a training step turns into the next: the weights, their moving average, and Adam's two moments, as sums. */
export interface TrainState<T = Tensor> {
  readonly params: Params<T>
  readonly ema: Params<T>
  readonly m: Params<T>
  readonly v: Params<T>
}

/** The parts of a {@link TrainState}, in the order in which checkpoints hold them. */
export const stateParts = ['params', 'ema', 'm', 'v'] as const

/** The record with every value replaced. */
export const mapParams = <A, B>(params: Params<A>, map: (value: A, name: string) => B): Params<B> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, map(value, name)]))

/** The state with every record replaced. */
export const mapState = <A, B>(state: TrainState<A>, map: (params: Params<A>) => Params<B>): TrainState<B> => ({
  params: map(state.params),
  ema: map(state.ema),
  m: map(state.m),
  v: map(state.v),
})

/** The state before the first step: the average begins at the weights, the moments at zero. All arrays are new. */
export function initialState(params: Params<NDArray>): TrainState<NDArray> {
  const copy = () => mapParams(params, (a) => ({ ...a, data: a.data.slice() }) as NDArray)
  const zero = () => mapParams(params, (a) => ({ ...a, data: new Float32Array(a.data.length) }) as NDArray)
  return { params: copy(), ema: copy(), m: zero(), v: zero() }
}

/** The state with every array on the host. */
export async function readState(state: TrainState<NDArray | DeviceArray>): Promise<TrainState<NDArray>> {
  const read = async (params: Params<NDArray | DeviceArray>): Promise<Params<NDArray>> => {
    const entries = Object.entries(params).map(async ([name, a]) => [name, isDeviceArray(a) ? await a.read() : a])
    return Object.fromEntries(await Promise.all(entries))
  }
  const [params, ema, m, v] = await Promise.all([state.params, state.ema, state.m, state.v].map(read))
  return { params: params!, ema: ema!, m: m!, v: v! }
}
