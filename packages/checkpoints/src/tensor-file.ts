import type { DType, NDArray } from '@cascade-diffusion/arrays'
import type { ByteSource } from './byte-source.ts'
import { shorten } from './json.ts'

/** What a file can be. */
export type CheckpointFormat = 'safetensors' | 'pytorch' | 'npz' | 'tfjs' | 'hdf5' | 'keras'

/** An open file of named tensors, which are read when asked for. */
export interface TensorFile {
  readonly format: CheckpointFormat
  /** What the file says about itself; empty where a format has no such place. */
  readonly metadata: Readonly<Record<string, string>>
  readonly names: readonly string[]
  /** @throws if there is no tensor of that name. */
  shape(name: string): readonly number[]
  /** The element type that {@link TensorFile.read} gives: half precisions and float64 become float32, integers int32. */
  dtype(name: string): DType
  /**
   * Reads one tensor, row-major, from the file into its own memory. Tensors that share memory in a PyTorch file may share it here.
   * @throws naming the file and the tensor, if its data is cut short, corrupt or beyond the int32 range.
   */
  read(name: string): Promise<NDArray>
  /**
   * Reads all tensors, or those of which `keep` is true. A safetensors file with our checksum, and the weights in a `.keras`
   * archive, are then verified as a whole, which {@link TensorFile.read} cannot do.
   */
  readAll(keep?: (name: string) => boolean): Promise<Record<string, NDArray>>
  /** Closes what {@link openCheckpoint} opened; nothing can be read then. */
  close(): Promise<void>
}

/** A tensor of a file. */
export interface LazyTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Its values, from the file. */
  read(): Promise<NDArray>
}

/** What a format's reader finds in a file. */
export interface Contents {
  readonly tensors: ReadonlyMap<string, LazyTensor>
  readonly metadata?: Readonly<Record<string, string>>
  /** Reads many at once, where a format has reasons to do it in another way than one by one. */
  readonly readAll?: (keep: (name: string) => boolean) => Promise<Record<string, NDArray>>
  /** Closes the files that were opened beside the first one. */
  readonly close?: () => Promise<void>
}

/** Puts a reader's findings in order, as a file of the format. @throws if names or sizes are not to be believed. */
export function tensorFile(format: CheckpointFormat, source: ByteSource, contents: Contents): TensorFile {
  const { tensors, metadata = {} } = contents
  const label = `${formatNames[format]} ${source.name}`
  if (tensors.has('__proto__')) throw new Error("expected names of tensors, got '__proto__'")
  const find = (name: string): LazyTensor => {
    const tensor = tensors.get(name)
    if (!tensor) throw new Error(`${label}: expected a tensor '${shorten(name)}', there is none`)
    return tensor
  }
  const oneByOne = (keep: (name: string) => boolean) => readTensors(tensors, keep)
  return {
    format,
    metadata,
    names: [...tensors.keys()],
    shape: (name) => find(name).shape,
    dtype: (name) => find(name).dtype,
    read: (name) => named(label, () => readTensor(name, find(name))),
    readAll: (keep = () => true) => named(label, () => (contents.readAll ?? oneByOne)(keep)),
    async close() {
      await contents.close?.()
      await source.close()
    },
  }
}

const readTensor = (name: string, tensor: LazyTensor) => named(`tensor '${shorten(name)}'`, () => tensor.read())

/** Reads tensors of which `keep` is true, one by one. */
export async function readTensors(
  tensors: ReadonlyMap<string, LazyTensor>,
  keep: (name: string) => boolean,
): Promise<Record<string, NDArray>> {
  const arrays: [string, NDArray][] = []
  for (const [name, tensor] of tensors) if (keep(name)) arrays.push([name, await readTensor(name, tensor)])
  return Object.fromEntries(arrays)
}

/** What error messages call the formats. */
export const formatNames: Readonly<Record<CheckpointFormat, string>> = {
  safetensors: 'safetensors',
  pytorch: 'PyTorch',
  npz: 'npz',
  tfjs: 'TensorFlow.js',
  hdf5: 'HDF5',
  keras: 'Keras',
}

/** Runs a function; its errors gain a name in front. */
export async function named<T>(what: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    const { message } = cause as Error
    throw message.startsWith(what) ? cause : new Error(`${what}: ${message}`, { cause })
  }
}
