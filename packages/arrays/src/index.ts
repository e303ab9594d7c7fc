export {
  allocate,
  concatenate,
  type DataOf,
  type DType,
  type DTypeFor,
  float32,
  int32,
  isNDArray,
  type NDArray,
  ndarray,
  rows,
  sizeOf,
  take,
  zeros,
} from './array.ts'
export type {
  ArgumentOf,
  ArgumentsOf,
  ArraysOf,
  Compile,
  Compiled,
  DeviceArraysOf,
  TensorLike,
} from './compile.ts'
export { type Arguments, type DeviceArray, disposeAll, donate, isDeviceArray, takeArguments } from './device-array.ts'
export { toNCHW, toNHWC } from './layout.ts'
export type { Params } from './params.ts'
export { flatten, type Tree, type TreeShape } from './tree.ts'
