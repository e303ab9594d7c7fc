import type { Value } from '../../graph/graph.ts'
import { type ComplexRule, onComplex } from '../complex.ts'
import { type Kernel, type Kernels, notRecorded } from '../kernel.ts'

/** A kernel that is always recorded by its rule for complex tensors. */
const complexOnly = (inputs: readonly string[], complex: ComplexRule): Kernel => ({
  inputs,
  complex,
  alwaysComplex: true,
  infer: notRecorded,
  lower: notRecorded,
})

/** Kernels that make complex tensors from real ones, and real ones from complex ones. */
export const complexNumberKernels: Kernels = {
  Complex: complexOnly(['real', 'imag'], ({ operands: [real, imag] }) => [
    { real: real as Value, imag: imag as Value },
  ]),
  Real: complexOnly(
    ['input'],
    onComplex((_, { real }) => real),
  ),
  Imag: complexOnly(
    ['input'],
    onComplex((_, { imag }) => imag),
  ),
  ComplexAbs: complexOnly(
    ['x'],
    onComplex(({ run }, { real, imag }) => {
      const squares = [real, imag].map((part) => run('Square', [part])[0])
      return run('Sqrt', run('Add', squares))[0]
    }),
  ),
}
