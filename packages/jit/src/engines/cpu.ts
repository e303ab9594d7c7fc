import { cpu as target } from '../lower/target.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { NodeEngine } from './definition.ts'
import { frugal } from './node/frugal.ts'
import { hostSession } from './node/host-session.ts'
import { withSequence } from './node/uncopied.ts'

/** ONNX Runtime on the processor, in Node.js. The package contains it, and it always works. */
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
 * ONNX Runtime's optimiser takes a second or two for a training step and does not make it faster (measured with 7,500
 * and 9,100 operators: within 2 %), since its weights are arguments. Weights that are constants it prepares for their
 * operators.
 */
const isOptimised = (model: OnnxModel): boolean => model.nodes.length < 3000 || constantBytes(model) >= 2 ** 24

/**
 * Optimising a smaller model is faster than looking it up; optimising one with larger weights, as fast as reading it.
 */
const [FEWEST_CACHED, LARGEST_CACHED] = [500, 2 ** 23]

const constantBytes = ({ initializers }: OnnxModel): number =>
  initializers.reduce((bytes, { data }) => bytes + data.byteLength, 0)
