import { cpu as target } from '../lower/target.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { NodeEngine } from './definition.ts'
import { frugal } from './node/frugal.ts'
import { hostSession } from './node/host-session.ts'
import { withSequence } from './node/uncopied.ts'

/** ONNX Runtime on the processor, in Node.js. It is part of the package and always works. */
export const cpu: NodeEngine = {
  target,
  prepare: (model) => {
    const optimised = isOptimised(model)
    const cached = optimised && model.nodes.length >= FEWEST_CACHED && constantBytes(model) <= LARGEST_CACHED
    return { model: optimised ? withSequence(model) : frugal(model), optimised, cached }
  },
  node: { worker: true, executable: hostSession },
}

/**
 * ONNX Runtime's optimiser makes no training step faster, which has its weights as arguments (measured: 7,500 and 9,100
 * operators, within 2 %), but takes a second or two. It does prepare weights that are constants for their operators.
 */
const isOptimised = (model: OnnxModel): boolean => model.nodes.length < 3000 || constantBytes(model) >= 2 ** 24

/** A smaller model is optimised sooner than it is looked up. One with larger weights is optimised as soon as it is read back. */
const [FEWEST_CACHED, LARGEST_CACHED] = [500, 2 ** 23]

const constantBytes = ({ initializers }: OnnxModel): number =>
  initializers.reduce((bytes, { data }) => bytes + data.byteLength, 0)
