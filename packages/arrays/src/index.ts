export {
  allocate,
  concatenate,
  type DataOf,
  type DType,
  type DTypeFor,
  float32,
  int32,
  type NDArray,
  ndarray,
  rows,
  sizeOf,
  take,
  zeros,
} from './array.ts'
export {
  type ArgumentOf,
  type ArgumentsOf,
  type ArraysOf,
  type Compile,
  type Compiled,
  type DeviceArraysOf,
  isNDArray,
  type TensorLike,
} from './compile.ts'
export { type Arguments, type DeviceArray, disposeAll, donate, isDeviceArray, takeArguments } from './device-array.ts'
export { toNCHW, toNHWC } from './layout.ts'
export type { Params } from './params.ts'
export { flatten, type Tree, type TreeShape } from './tree.ts'
