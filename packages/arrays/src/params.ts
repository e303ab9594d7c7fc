/** Weights, or anything else that there is one of for each weight, by dotted name: tensors, or host arrays. */
export type Params<T> = Readonly<Record<string, T>>
