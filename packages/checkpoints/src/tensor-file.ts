import type { DType, NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { shorten } from './json/json.ts'
import type { ByteSource } from './sources/byte-source.ts'

/** The formats of files of tensors. */
export type CheckpointFormat = 'safetensors' | 'pytorch' | 'npz' | 'tfjs' | 'hdf5' | 'keras'

/** An open file of named tensors, which are read on request. */
export interface TensorFile {
  readonly format: CheckpointFormat
  /** The metadata of the file; empty if the format has none. */
  readonly metadata: Readonly<Record<string, string>>
  /** The tensors that can be read. */
  readonly names: readonly string[]
  /** Tensors that cannot be read (complex, sparse, quantised, …): why, and what to do, by name. */
  readonly unreadable: ReadonlyMap<string, string>
  /** @throws if there is no tensor of that name, or it cannot be read. */
  shape(name: string): readonly number[]
  /** The element type of {@link TensorFile.read}: half precisions and float64 become float32, integers int32. */
  dtype(name: string): DType
  /**
   * Reads one tensor, row-major, into new memory. Tensors that share memory in a PyTorch file may share it here.
   * @throws with the file and the tensor, if its data is cut short, corrupt or outside the int32 range.
   */
  read(name: string): Promise<NDArray>
  /**
   * Reads all tensors, or those for which `keep` is true. A tensor that is {@link TensorFile.unreadable} is an error;
   * `(name) => file.names.includes(name)` leaves such tensors out. The checksum of a safetensors file of ours, and of
   * the weights in a `.keras` archive, is verified, which {@link TensorFile.read} cannot do.
   */
  readAll(keep?: (name: string) => boolean): Promise<Record<string, NDArray>>
  /** Closes the file. Nothing can be read afterwards. */
  close(): Promise<void>
}

/** A tensor of a file. */
export interface LazyTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Its values, from the file. */
  read(): Promise<NDArray>
}

/** What the reader of a format finds in a file. */
export interface Contents {
  readonly tensors: ReadonlyMap<string, LazyTensor>
  /** The other tensors of the file, and why they cannot be read. */
  readonly unreadable?: ReadonlyMap<string, string>
  readonly metadata?: Readonly<Record<string, string>>
  /** Reads many tensors at once, if the format has a better way than one by one. */
  readonly readAll?: (keep: (name: string) => boolean) => Promise<Record<string, NDArray>>
  /** Closes the files that were opened beside the first one. */
  readonly close?: () => Promise<void>
}

/** Makes a file of the findings of a reader. @throws if names or sizes are not credible. */
export function tensorFile(format: CheckpointFormat, source: ByteSource, contents: Contents): TensorFile {
  const { metadata = {} } = contents
  const { tensors, unreadable = new Map<string, string>() } = contents
  const label = `${formatNames[format]} ${source.name}`
  if (tensors.has('__proto__')) throw new CascadeError('checkpoint', "expected names of tensors, got '__proto__'")
  const find = (name: string): LazyTensor => {
    const tensor = tensors.get(name)
    if (tensor) return tensor
    const reason = unreadable.get(name)
    if (reason !== undefined) throw new CascadeError('checkpoint', `${label}: tensor '${shorten(name)}': ${reason}`)
    throw new CascadeError('checkpoint', `${label}: expected a tensor '${shorten(name)}', there is none`)
  }
  const readAll = (keep: (name: string) => boolean) => {
    expectReadable(unreadable, keep)
    return (contents.readAll ?? oneByOne)(keep)
  }
  const oneByOne = (keep: (name: string) => boolean) => readTensors(tensors, keep)
  return {
    format,
    metadata,
    names: [...tensors.keys()],
    unreadable,
    shape: (name) => find(name).shape,
    dtype: (name) => find(name).dtype,
    read: (name) => named(label, () => readTensor(name, find(name))),
    readAll: (keep = () => true) => named(label, () => readAll(keep)),
    async close() {
      await contents.close?.()
      await source.close()
    },
  }
}

/** Names that an error lists. */
const listed = 5

/** @throws if tensors to keep cannot be read. */
function expectReadable(unreadable: ReadonlyMap<string, string>, keep: (name: string) => boolean): void {
  const wanted = [...unreadable].filter(([name]) => keep(name))
  const [first, ...others] = wanted
  if (!first) return
  const [name, reason] = first
  const more = others.slice(0, listed).map(([other]) => `'${shorten(other)}'`)
  if (others.length > listed) more.push(`${others.length - listed} more`)
  throw new CascadeError(
    'checkpoint',
    `tensor '${shorten(name)}': ${reason}${more.length > 0 ? `; nor can ${more.join(', ')} be read` : ''}; the file's other tensors can be read without ${more.length > 0 ? 'them' : 'it'}, by the argument keep`,
  )
}

const readTensor = (name: string, tensor: LazyTensor) => named(`tensor '${shorten(name)}'`, () => tensor.read())

/** Reads the tensors for which `keep` is true, one by one. */
export async function readTensors(
  tensors: ReadonlyMap<string, LazyTensor>,
  keep: (name: string) => boolean,
): Promise<Record<string, NDArray>> {
  const arrays: [string, NDArray][] = []
  for (const [name, tensor] of tensors) if (keep(name)) arrays.push([name, await readTensor(name, tensor)])
  return Object.fromEntries(arrays)
}

/** The names of the formats in errors. */
export const formatNames: Readonly<Record<CheckpointFormat, string>> = {
  safetensors: 'safetensors',
  pytorch: 'PyTorch',
  npz: 'npz',
  tfjs: 'TensorFlow.js',
  hdf5: 'HDF5',
  keras: 'Keras',
}

/** Runs a function whose errors begin with a name. */
export async function named<T>(what: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    const { message } = cause as Error
    throw message.startsWith(what) ? cause : new CascadeError('checkpoint', `${what}: ${message}`, { cause })
  }
}
