/** One value for each weight, by its dotted name: weights, gradients, moments. Values are tensors or host arrays. */
export type Params<T> = Readonly<Record<string, T>>
