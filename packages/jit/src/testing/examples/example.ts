import type { DType } from '@cascade-diffusion/arrays'
import type { TensorType } from '../../graph/graph.ts'

/** A call of a kernel: shapes of its inputs, in the order in which its rule names them, and its attributes. */
export interface Example {
  /** A plain shape is of the type under test. */
  readonly inputs: readonly (readonly number[] | TensorType)[]
  readonly attributes?: Readonly<Record<string, unknown>>
}

/** The types that a kernel takes, and calls of it that go each of its ways. */
export interface Examples {
  readonly types: readonly DType[]
  readonly calls: readonly Example[]
}

const of =
  (dtype: DType) =>
  (...shape: number[]): TensorType => ({ shape, dtype })

/** Inputs that have one type whatever the others have. */
export const [float, int, bool] = [of('float32'), of('int32'), of('bool')] as const

/** A call with inputs of these shapes. */
export const call = (inputs: Example['inputs'], attributes?: Example['attributes']): Example => ({
  inputs,
  ...(attributes && { attributes }),
})

/** The letters of types: f for float32, i for int32, b for bool. */
const letters: Readonly<Record<string, DType>> = { f: 'float32', i: 'int32', b: 'bool' }

/** Calls of a kernel that takes types of these letters. */
export const examples = (types: string, ...calls: readonly Example[]): Examples => ({
  types: [...types].map((letter) => letters[letter] as DType),
  calls,
})
