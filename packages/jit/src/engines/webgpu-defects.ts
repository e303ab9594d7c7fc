import type { OnnxModel } from '../onnx/model.ts'

/**
 * The operators of a model that ONNX Runtime's WebGPU provider takes but computes wrong (transposed convolutions in groups)
 * or refuses when it runs (transposed convolutions of volumes): the processor does them instead.
 */
export const namesForCpu = ({ nodes }: OnnxModel): string[] =>
  nodes
    .filter(({ opType, attributes }) => {
      const { group, kernel_shape: size } = attributes
      return opType === 'ConvTranspose' && ((group as number) > 1 || (size as readonly number[]).length > 2)
    })
    .flatMap(({ name }) => name ?? [])
