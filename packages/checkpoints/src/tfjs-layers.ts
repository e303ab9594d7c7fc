import { type DType, float32, int32, type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { byteWidth, type StoredType } from './arrays/elements.ts'
import { readArray } from './arrays/read-array.ts'
import { asRecord, isShape, shorten, show } from './json/json.ts'
import { withSiblings } from './siblings.ts'
import { type ByteSource, joinSources, readBytes } from './sources/byte-source.ts'
import type { Contents, LazyTensor } from './tensor-file.ts'

const plainTypes: ReadonlyMap<string, DType> = new Map([
  ['float32', 'float32'],
  ['int32', 'int32'],
  ['bool', 'bool'],
])
const quantizedTypes: ReadonlyMap<unknown, StoredType> = new Map([
  ['uint8', 'uint8'],
  ['uint16', 'uint16'],
  ['float16', 'float16'],
])
/** A complex number: two float32. */
const complexBytes = 8

/**
 * Opens the weights of a `model.json` of TensorFlow.js (layers and graph models, also those that
 * `tensorflowjs_converter` made of Keras models): groups of files beside it, each with its weights in a row. Weights of
 * 8 or 16 bits become scale · q + min again.
 * @throws unless the manifest and the lengths of the files agree.
 */
export async function tfjsContents(source: ByteSource, manifest: unknown): Promise<Contents> {
  if (!Array.isArray(manifest))
    throw new CascadeError('checkpoint', `weightsManifest: expected a list, got ${show(manifest)}`)
  return withSiblings(source, 'the weights are files beside model.json', async (open) => {
    const tensors = new Map<string, LazyTensor>()
    const unreadable = new Map<string, string>()
    for (const group of manifest) {
      const { paths, weights } = asRecord(group, 'a group of weights')
      if (!Array.isArray(paths) || !Array.isArray(weights) || !paths.every((path) => typeof path === 'string'))
        throw new CascadeError('checkpoint', 'a group of weights: expected lists of paths and of weights')
      const files: ByteSource[] = []
      for (const path of paths) files.push(await open(path))
      const joined = joinSources(paths.join(', '), files)
      let offset = 0
      for (const weight of weights) {
        const { name, tensor, reason, bytes } = await weightAt(joined, offset, weight)
        if (tensors.has(name) || unreadable.has(name))
          throw new CascadeError('checkpoint', `expected one weight '${shorten(name)}', got two`)
        if (tensor) tensors.set(name, tensor)
        else unreadable.set(name, reason)
        offset += bytes
      }
      if (Number.isNaN(offset)) continue
      if (offset !== joined.size)
        throw new CascadeError('checkpoint', `${joined.name}: expected ${offset} bytes, got ${joined.size}`)
    }
    return { tensors, unreadable }
  })
}

interface Weight {
  readonly name: string
  readonly tensor?: LazyTensor
  /** Why it cannot be read, if it cannot. */
  readonly reason: string
  /** NaN if it is unknown; then the beginning of the next one is unknown too. */
  readonly bytes: number
}

async function weightAt(source: ByteSource, offset: number, weight: unknown): Promise<Weight> {
  const { name, shape, dtype: type, quantization } = asRecord(weight, 'a weight')
  if (typeof name !== 'string') throw new CascadeError('checkpoint', `a weight: expected a name, got ${show(name)}`)
  const what = `weight '${shorten(name)}'`
  if (typeof type !== 'string') throw new CascadeError('checkpoint', `${what}: expected a dtype, got ${show(type)}`)
  if (!isShape(shape)) throw new CascadeError('checkpoint', `${what}: expected a shape, got ${show(shape)}`)
  const readable = (tensor: LazyTensor, stored: StoredType): Weight => ({
    name,
    tensor,
    reason: '',
    bytes: sizeOf(shape) * byteWidth[stored],
  })
  const not = (reason: string, bytes: number): Weight => ({ name, reason, bytes })
  if (Number.isNaN(offset)) return not('it follows a weight of an unknown type', Number.NaN)
  if (type === 'string') return not('texts are not read', await textBytes(source, offset, sizeOf(shape)))
  if (type === 'complex64')
    return not('complex numbers are not read: save tf.real(x) and tf.imag(x)', sizeOf(shape) * complexBytes)
  const dtype = plainTypes.get(type)
  if (!dtype) return not(`expected a dtype of ${[...plainTypes.keys()].join(', ')}, got ${show(type)}`, Number.NaN)
  if (quantization === undefined)
    return readable({ dtype, shape, read: () => readArray(source, { type: dtype, shape, offset }) }, dtype)
  const { dtype: code, scale = 1, min = 0 } = asRecord(quantization, `${what}: quantization`)
  const stored = quantizedTypes.get(code)
  if (!stored || !Number.isFinite(scale) || !Number.isFinite(min) || dtype === 'bool')
    return not(
      `expected a quantization to ${[...quantizedTypes.keys()].join(', ')} with a scale and a min, got ${show(quantization)}`,
      Number.NaN,
    )
  const read = async () =>
    dequantized(await readArray(source, { type: stored, shape, offset }), dtype, scale as number, min as number)
  return readable({ dtype, shape, read }, stored)
}

/** The bytes of n strings, each with its length in four bytes in front. */
async function textBytes(source: ByteSource, offset: number, count: number): Promise<number> {
  let at = offset
  for (let i = 0; i < count; i++) {
    const length = new DataView((await readBytes(source, at, 4)).buffer).getUint32(0, true)
    at += 4 + length
  }
  return at - offset
}

function dequantized({ data, shape }: NDArray, dtype: 'float32' | 'int32', scale: number, min: number): NDArray {
  if (dtype === 'float32')
    return float32(
      Float32Array.from(data, (q) => q * scale + min),
      shape,
    )
  const values = Float64Array.from(data, (q) => Math.round(q * scale + min))
  const beyond = values.find((value) => value !== (value | 0))
  if (beyond !== undefined)
    throw new CascadeError('checkpoint', `expected values within the int32 range, got ${beyond}`)
  return int32(Int32Array.from(values), shape)
}
