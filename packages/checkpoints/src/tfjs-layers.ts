import { type DType, float32, int32, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { type ByteSource, joinSources } from './byte-source.ts'
import { byteWidth, type StoredType } from './elements.ts'
import { asRecord, isShape, shorten, show } from './json.ts'
import { readArray } from './read-array.ts'
import { withSiblings } from './siblings.ts'
import type { Contents, LazyTensor } from './tensor-file.ts'

const plainTypes: ReadonlyMap<unknown, DType> = new Map([
  ['float32', 'float32'],
  ['int32', 'int32'],
  ['bool', 'bool'],
])
const quantizedTypes: ReadonlyMap<unknown, StoredType> = new Map([
  ['uint8', 'uint8'],
  ['uint16', 'uint16'],
  ['float16', 'float16'],
])

/**
 * Opens the weights that a `model.json` of TensorFlow.js describes (layers and graph models, also those that
 * `tensorflowjs_converter` made of Keras models): the files beside it, in groups, each the weights one after the other.
 * Weights of 8 or 16 bits become scale · q + min again.
 * @throws unless the manifest and the lengths of the files agree.
 */
export async function tfjsContents(source: ByteSource, manifest: unknown): Promise<Contents> {
  if (!Array.isArray(manifest)) throw new Error(`weightsManifest: expected a list, got ${show(manifest)}`)
  return withSiblings(source, 'the weights are files beside model.json', async (open) => {
    const tensors = new Map<string, LazyTensor>()
    for (const group of manifest) {
      const { paths, weights } = asRecord(group, 'a group of weights')
      if (!Array.isArray(paths) || !Array.isArray(weights) || !paths.every((path) => typeof path === 'string'))
        throw new Error('a group of weights: expected lists of paths and of weights')
      const files: ByteSource[] = []
      for (const path of paths) files.push(await open(path))
      const joined = joinSources(paths.join(', '), files)
      let offset = 0
      for (const weight of weights) {
        const { name, tensor, bytes } = weightAt(joined, offset, weight)
        if (tensors.has(name)) throw new Error(`expected one weight '${shorten(name)}', got two`)
        tensors.set(name, tensor)
        offset += bytes
      }
      if (offset !== joined.size) throw new Error(`${joined.name}: expected ${offset} bytes, got ${joined.size}`)
    }
    return { tensors }
  })
}

function weightAt(source: ByteSource, offset: number, weight: unknown) {
  const { name, shape, dtype: type, quantization } = asRecord(weight, 'a weight')
  if (typeof name !== 'string') throw new Error(`a weight: expected a name, got ${show(name)}`)
  const what = `weight '${shorten(name)}'`
  const dtype = plainTypes.get(type)
  if (!dtype) throw new Error(`${what}: expected a dtype of ${[...plainTypes.keys()].join(', ')}, got ${show(type)}`)
  if (!isShape(shape)) throw new Error(`${what}: expected a shape, got ${show(shape)}`)
  if (quantization === undefined) {
    const read = () => readArray(source, { type: dtype, shape, offset })
    return { name, tensor: { dtype, shape, read }, bytes: sizeOf(shape) * byteWidth[dtype] }
  }
  const { dtype: code, scale = 1, min = 0 } = asRecord(quantization, `${what}: quantization`)
  const stored = quantizedTypes.get(code)
  if (!stored || typeof scale !== 'number' || typeof min !== 'number' || dtype === 'bool')
    throw new Error(`${what}: expected a quantization to ${[...quantizedTypes.keys()].join(', ')}, got ${show(code)}`)
  const read = async () => dequantized(await readArray(source, { type: stored, shape, offset }), dtype, scale, min)
  return { name, tensor: { dtype, shape, read }, bytes: sizeOf(shape) * byteWidth[stored] }
}

function dequantized({ data, shape }: NDArray, dtype: 'float32' | 'int32', scale: number, min: number): NDArray {
  if (dtype === 'float32')
    return float32(
      Float32Array.from(data, (q) => q * scale + min),
      shape,
    )
  const values = Float64Array.from(data, (q) => Math.round(q * scale + min))
  const beyond = values.find((value) => value !== (value | 0))
  if (beyond !== undefined) throw new Error(`expected values within the int32 range, got ${beyond}`)
  return int32(Int32Array.from(values), shape)
}
