export { type RawArray, type RawData, toNDArray } from './elements.ts'
export { parseNpy, readNpz } from './npy.ts'
export { readPyTorch } from './pytorch.ts'
export { type ReadSafetensorsOptions, readSafetensors, type Safetensors, writeSafetensors } from './safetensors.ts'
