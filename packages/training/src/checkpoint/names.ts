import type { NDArray, Params } from '@cascade-diffusion/arrays'
import type { ParamsByName, TrainState } from '../step/state.ts'

/** The arrays of a state by dotted name: `params.NAME`, `averages.AVERAGE.NAME`, `optimizer.SLOT.NAME`. */
export function tensorsOf(state: TrainState<NDArray>): Params<NDArray> {
  const records: [path: string, params: Params<NDArray>][] = [
    ['params', state.params],
    ...Object.entries(state.averages).map(([name, params]): [string, Params<NDArray>] => [`averages.${name}`, params]),
    ...Object.entries(state.optimizer).map(([slot, params]): [string, Params<NDArray>] => [
      `optimizer.${slot}`,
      params,
    ]),
  ]
  return Object.fromEntries(
    records.flatMap(([path, params]) => Object.entries(params).map(([name, array]) => [`${path}.${name}`, array])),
  )
}

/** The state of such arrays: what {@link tensorsOf} takes apart. */
export const stateOf = (tensors: Params<NDArray>): TrainState<NDArray> => ({
  params: under(tensors, 'params'),
  averages: byName(under(tensors, 'averages')),
  optimizer: byName(under(tensors, 'optimizer')),
})

/** The arrays whose names begin with `path.`, without that. */
export function under(tensors: Params<NDArray>, path: string): Params<NDArray> {
  const prefix = `${path}.`
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, array]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [],
    ),
  )
}

/** Names of averages and slots have no dots. */
function byName(tensors: Params<NDArray>): ParamsByName<NDArray> {
  const heads = new Set(Object.keys(tensors).map((name) => name.split('.', 1)[0]!))
  return Object.fromEntries([...heads].map((head) => [head, under(tensors, head)]))
}
