import { type DeviceArray, isDeviceArray, type NDArray, type Params } from '@cascade-diffusion/arrays'
import type { Tensor } from '@tensorflow/tfjs-core'

/** Records of arrays by name, each with the names of the weights. */
export type ParamsByName<T = Tensor> = Readonly<Record<string, Params<T>>>

/** What a training step turns into the next. */
export interface TrainState<T = Tensor> {
  readonly params: Params<T>
  /** Moving averages of the weights, by name: `ema`. */
  readonly averages: ParamsByName<T>
  /** What the optimiser keeps of each weight, by slot: Adam's moments `m` and `v`. */
  readonly optimizer: ParamsByName<T>
}

/** A state whose arrays are on the host, or where they are computed. */
export type AnyTrainState = TrainState<NDArray | DeviceArray>

/** The record with every value replaced. */
export const mapParams = <A, B>(params: Params<A>, map: (value: A, name: string) => B): Params<B> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, map(value, name)]))

/** The state with every record replaced. */
export const mapState = <A, B>(state: TrainState<A>, map: (params: Params<A>) => Params<B>): TrainState<B> => ({
  params: map(state.params),
  averages: mapParams(state.averages, map),
  optimizer: mapParams(state.optimizer, map),
})

/** The state with every array on the host. */
export async function readState(state: AnyTrainState): Promise<TrainState<NDArray>> {
  const [params, averages, optimizer] = await Promise.all([
    readParams(state.params),
    readAll(state.averages),
    readAll(state.optimizer),
  ])
  return { params, averages, optimizer }
}

/** The record with every array on the host. */
export async function readParams(params: Params<NDArray | DeviceArray>): Promise<Params<NDArray>> {
  const entries = Object.entries(params).map(async ([name, a]) => [name, isDeviceArray(a) ? await a.read() : a])
  return Object.fromEntries(await Promise.all(entries))
}

async function readAll(records: ParamsByName<NDArray | DeviceArray>): Promise<ParamsByName<NDArray>> {
  const entries = Object.entries(records).map(async ([name, params]) => [name, await readParams(params)])
  return Object.fromEntries(await Promise.all(entries))
}
