import type { OnnxModel } from '../../onnx/model.ts'

/** A model of one product, which may compute in 16 bits: y = x·x for x [2, 2]. */
export const product: OnnxModel = {
  nodes: [
    { opType: 'MatMul', domain: '', inputs: ['x', 'x'], outputs: ['y'], attributes: {}, name: 'MatMul', half: true },
  ],
  initializers: [],
  inputs: [{ name: 'x', dtype: 'float32', shape: [2, 2] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [2, 2] }],
}
