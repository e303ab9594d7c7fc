import type { StoredType } from '../arrays/elements.ts'

/**
 * A type of elements in PyTorch: one that is read, or one of which only the size is known, with advice how to save it.
 */
export interface TorchType {
  readonly type?: StoredType
  readonly bytes: number
  readonly advice?: string
}

const complex = 'torch.view_as_real(x) gives real numbers to save'
const quantised = 'x.dequantize() gives plain numbers to save'
const bits = 'x.view(torch.uint8) gives its bytes to save'

/** The elements of storages, by the names of their classes. */
export const storageTypes: ReadonlyMap<string, TorchType> = new Map<string, TorchType>([
  ['torch.DoubleStorage', { type: 'float64', bytes: 8 }],
  ['torch.FloatStorage', { type: 'float32', bytes: 4 }],
  ['torch.HalfStorage', { type: 'float16', bytes: 2 }],
  ['torch.BFloat16Storage', { type: 'bfloat16', bytes: 2 }],
  ['torch.LongStorage', { type: 'int64', bytes: 8 }],
  ['torch.IntStorage', { type: 'int32', bytes: 4 }],
  ['torch.ShortStorage', { type: 'int16', bytes: 2 }],
  ['torch.CharStorage', { type: 'int8', bytes: 1 }],
  ['torch.ByteStorage', { type: 'uint8', bytes: 1 }],
  ['torch.BoolStorage', { type: 'bool', bytes: 1 }],
  // Bytes: the tensor has the type.
  ['torch.storage.UntypedStorage', { type: 'uint8', bytes: 1 }],
  ['torch.ComplexFloatStorage', { bytes: 8, advice: complex }],
  ['torch.ComplexDoubleStorage', { bytes: 16, advice: complex }],
  ['torch.QInt8Storage', { bytes: 1, advice: quantised }],
  ['torch.QUInt8Storage', { bytes: 1, advice: quantised }],
  ['torch.QInt32Storage', { bytes: 4, advice: quantised }],
  ['torch.QUInt4x2Storage', { bytes: 1, advice: quantised }],
  ['torch.QUInt2x4Storage', { bytes: 1, advice: quantised }],
])

/** The types of tensors in untyped storages. */
export const tensorTypes: ReadonlyMap<string, TorchType> = new Map<string, TorchType>([
  ['torch.uint16', { type: 'uint16', bytes: 2 }],
  ['torch.uint32', { type: 'uint32', bytes: 4 }],
  ['torch.uint64', { type: 'uint64', bytes: 8 }],
  ['torch.float8_e4m3fn', { type: 'float8-e4m3', bytes: 1 }],
  ['torch.float8_e5m2', { type: 'float8-e5m2', bytes: 1 }],
  ['torch.float8_e4m3fnuz', { type: 'float8-e4m3fnuz', bytes: 1 }],
  ['torch.float8_e5m2fnuz', { type: 'float8-e5m2fnuz', bytes: 1 }],
  ['torch.float8_e8m0fnu', { type: 'float8-e8m0', bytes: 1 }],
  ['torch.float4_e2m1fn_x2', { bytes: 1, advice: bits }],
  ['torch.complex32', { bytes: 4, advice: 'torch.view_as_real(x.to(torch.complex64)) gives real numbers to save' }],
])

/** Advice for an unknown type. */
export const unknownTypeAdvice = bits
