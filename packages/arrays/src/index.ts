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
export { type ArraysOf, type Compile, type Compiled, isNDArray, type TensorLike } from './compile.ts'
export { flatten, type Tree, type TreeShape } from './tree.ts'
