import { CascadeError } from '@cascade-diffusion/checks'
import type { GraphBuilder } from '../graph/graph.ts'
import { type ComplexCall, isComplex, type Traced } from '../kernels/complex.ts'
import { call, type Kernel } from '../kernels/kernel.ts'
import { kernels } from '../kernels/table.ts'

/** Records a call with complex operands or results as calls with real ones; undefined if the call has none. */
export function callComplex(
  builder: GraphBuilder,
  op: string,
  operands: readonly Traced[],
  given: Readonly<Record<string, unknown>>,
): Traced[] | undefined {
  const kernel = kernels[op]
  if (!operands.some(isComplex) && !kernel?.alwaysComplex && given.dtype !== 'complex64') return undefined
  if (!kernel?.complex)
    throw new CascadeError('input', `expected real tensors, got complex ones, which ${takers().join(', ')} take`)
  const run: ComplexCall['run'] = (name, values, attributes = {}) => {
    const part = kernels[name] as Kernel
    const present = part.inputs === 'list' ? values.map((_, i) => `${i}`) : part.inputs.slice(0, values.length)
    return call(builder, name, part, values, attributes as Record<string, unknown>, present)
  }
  return kernel.complex({ op, operands, given, run, builder })
}

/** The kernels that take complex tensors. */
const takers = () => Object.keys(kernels).filter((name) => kernels[name]?.complex)
