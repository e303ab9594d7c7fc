import { type NDArray, ndarray, type Params, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'

/** Small parameters laid one after another in a single vector, named {@link packedName}; large ones by themselves. */
export interface Packing {
  /** Copies the small arrays into one vector; the large ones are shared. */
  pack(params: Params<NDArray>): Params<NDArray>
  /** The arrays by their own names again: views of the packed ones. */
  unpack(packed: Params<NDArray>): Params<NDArray>
  /** As `unpack`, of tensors: traceable and differentiable. */
  unpackTensors(packed: Params<tf.Tensor>): Params<tf.Tensor>
}

/** The name of the vector of small parameters. */
export const packedName = '(small)'

/**
 * Lays out the parameters of fewer than `limit` elements (biases, norms, embeddings: most of the names and few of the
 * numbers) as one vector. A function of the packed record has a handful of inputs instead of hundreds, and what is done
 * to each of them, as by an optimiser, is done once for all the small ones.
 * @param limit 0 leaves each by itself.
 * @throws if a parameter is not float32.
 */
export function packSmall(params: Params<NDArray>, limit = 16384): Packing {
  for (const [name, { dtype }] of Object.entries(params))
    if (dtype !== 'float32') throw new CascadeError('input', `parameter '${name}': expected float32, got ${dtype}`)
  // Names, not the parameters: their first values need not stay.
  const names = Object.keys(params)
  const shapes = Object.entries(params).map(([name, { shape }]) => ({ name, shape, size: sizeOf(shape) }))
  const small = shapes.filter(({ size }) => size < limit)
  const large = shapes.filter(({ size }) => size >= limit)
  const total = small.reduce((n, { size }) => n + size, 0)
  // An optimiser may keep something of some of the large ones only.
  const only = <T>(names: readonly { name: string }[], from: Params<T>) =>
    names.flatMap(({ name }) => (name in from ? [[name, from[name]!]] : []))

  return {
    pack(params) {
      const vector = new Float32Array(total)
      let offset = 0
      for (const { name, size } of small) {
        vector.set(params[name]!.data, offset)
        offset += size
      }
      const packed = small.length > 0 ? { [packedName]: ndarray(vector, [total]) } : {}
      return { ...packed, ...Object.fromEntries(only(large, params)) }
    },
    unpack(packed) {
      const vector = packed[packedName]?.data as Float32Array
      let offset = 0
      const views = small.map(({ name, shape, size }) => {
        offset += size
        return [name, ndarray(vector.subarray(offset - size, offset), shape)]
      })
      return inOrder(names, Object.fromEntries([...views, ...only(large, packed)]))
    },
    unpackTensors(packed) {
      const vector = packed[packedName] as tf.Tensor1D
      // A split into one piece has no gradient in tfjs.
      const pieces =
        small.length > 1
          ? tf.split(
              vector,
              small.map(({ size }) => size),
            )
          : [vector]
      const own = small.map(({ name, shape }, i) => [
        name,
        shape.length === 1 ? pieces[i] : tf.reshape(pieces[i]!, [...shape]),
      ])
      return inOrder(names, Object.fromEntries([...own, ...only(large, packed)]))
    },
  }
}

const inOrder = <T>(names: readonly string[], record: Params<T>): Params<T> =>
  Object.fromEntries(names.flatMap((name) => (name in record ? [[name, record[name]!]] : [])))
