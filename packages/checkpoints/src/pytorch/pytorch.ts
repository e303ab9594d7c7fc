import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { byteWidth, computedType } from '../arrays/elements.ts'
import { gather } from '../arrays/strides.ts'
import { type ByteSource, readBytes } from '../sources/byte-source.ts'
import { type Readable, withSource } from '../sources/open-source.ts'
import { type Contents, named, tensorFile } from '../tensor-file.ts'
import { openZip } from '../zip/zip.ts'
import { readEntryArray } from '../zip/zip-array.ts'
import { isLegacy, readLegacy, type Saved } from './pytorch-legacy.ts'
import { tensorsOf } from './pytorch-names.ts'
import type { PickledTensor, StorageView } from './pytorch-tensor.ts'
import { rules } from './pytorch-values.ts'
import { unpickle } from './unpickle.ts'

/** The most bytes of tensors that share storages, as a multiple of the size of the file. */
const maxSharing = 16

/**
 * Reads the tensors of a file of `torch.save` (a zip file, or a row of pickles before torch 1.6), from a path or its
 * bytes: usually a state dict. Nested dicts, lists and objects are flattened, with their keys joined by dots; a whole
 * module has the names of its state dict; everything else is ignored. Element types are converted as by
 * {@link toNDArray}. Nothing in the file is executed: its classes and functions are only names.
 * @param keep says which tensors are read. Default: all.
 * @throws if the file is cut short or corrupt, contains no tensor, or one of the tensors to read is not supported.
 */
export const readPyTorch = (from: Readable, keep?: (name: string) => boolean): Promise<Record<string, NDArray>> =>
  withSource(from, (source) =>
    named(`PyTorch ${source.name}`, async () =>
      tensorFile('pytorch', source, await pytorchContents(source)).readAll(keep),
    ),
  )

/** The tensors in the object of the file, none of them read yet. */
export async function pytorchContents(source: ByteSource): Promise<Contents> {
  if (await isTar(source))
    throw new CascadeError('checkpoint', 'a tar archive, as torch before 0.1.10 wrote it, is not read: save it again')
  const saved = (await isLegacy(source)) ? await readLegacy(source, rules) : await readZip(source)
  const { tensors: all, unreadable, kinds } = tensorsOf(saved.root)
  if (all.size + unreadable.size === 0)
    throw new CascadeError(
      'checkpoint',
      `expected a state dict, found no tensor in the file${kinds.size > 0 ? `, but objects of ${[...kinds].join(', ')}` : ''}`,
    )
  const { tensors, beyond } = withinLimit(all, source.size)
  const load = loader(saved, [...tensors.values()])
  const lazy = [...tensors].map(([name, tensor]) => {
    const read = () => load(tensor)
    return [name, { dtype: computedType(tensor.storage.type), shape: tensor.shape, read }] as const
  })
  return { tensors: new Map(lazy), unreadable: new Map([...unreadable, ...beyond]) }
}

/** Tensors may repeat and share numbers. Together they may not exceed a multiple of the size of the file. */
function withinLimit(all: ReadonlyMap<string, PickledTensor>, fileBytes: number) {
  const most = maxSharing * fileBytes
  const tensors = new Map<string, PickledTensor>()
  const beyond = new Map<string, string>()
  const counted = new Set<PickledTensor>()
  const reason = `expected tensors of at most ${maxSharing} times the file's ${fileBytes} bytes, got more: this one repeats or shares its numbers, x.clone() has its own`
  let sum = 0
  for (const [name, tensor] of all) {
    const bytes = counted.has(tensor) ? 0 : sizeOf(tensor.shape) * byteWidth[tensor.storage.type]
    if (sum + bytes > most) {
      beyond.set(name, reason)
      continue
    }
    counted.add(tensor)
    sum += bytes
    tensors.set(name, tensor)
  }
  return { tensors, beyond }
}

/** Whether a file is a tar archive, as the first files of PyTorch were. */
export async function isTar(source: ByteSource): Promise<boolean> {
  const [place, mark] = [257, 'ustar']
  if (source.size < place + mark.length) return false
  return new TextDecoder().decode(await readBytes(source, place, mark.length)) === mark
}

async function readZip(source: ByteSource): Promise<Saved> {
  const zip = await openZip(source)
  const pickle = zip.names.find((name) => name.endsWith('/data.pkl'))
  if (!pickle)
    throw new CascadeError('checkpoint', `expected an entry data.pkl, got ${zip.names.slice(0, 5).join(', ')}`)
  const folder = pickle.slice(0, -'data.pkl'.length)
  if (zip.names.includes(`${folder}constants.pkl`))
    throw new CascadeError(
      'checkpoint',
      "expected a state dict, got a program of TorchScript: save its model's state_dict() with torch.save",
    )
  const order = zip.names.includes(`${folder}byteorder`)
    ? new TextDecoder().decode(await zip.read(`${folder}byteorder`))
    : 'little'
  if (order !== 'little' && order !== 'big')
    throw new CascadeError('checkpoint', `expected byte order little or big, got ${order}`)
  const root = unpickle(await zip.read(pickle), rules)
  return { root, bigEndian: order === 'big', open: (key) => zip.open(`${folder}data/${key}`) }
}

/** Keeps storages and tensors that several tensors share. */
function loader(saved: Saved, tensors: readonly PickledTensor[]): (tensor: PickledTensor) => Promise<NDArray> {
  const idOf = ({ type, key, length }: StorageView) => `${type} ${key} ${length}`
  const users = counts(tensors.map(({ storage }) => idOf(storage)))
  const mentions = counts(tensors)
  const storages = new Map<string, NDArray>()
  const loaded = new Map<PickledTensor, NDArray>()
  return async (tensor) => {
    const { storage, offset, shape, strides, negated } = tensor
    const known = loaded.get(tensor)
    if (known) return known
    const id = idOf(storage)
    const all = storages.get(id) ?? (await readStorage(saved, storage))
    if (users.get(id)! > 1) storages.set(id, all)
    const view = gather(all, shape, strides, offset)
    const array = negated ? { ...view, data: view.data.map((value) => -value) } : view
    if (mentions.get(tensor)! > 1) loaded.set(tensor, array)
    return array
  }
}

async function readStorage({ open, bigEndian }: Saved, storage: StorageView): Promise<NDArray> {
  const { type, length } = storage
  const entry = await open(storage.key)
  const bytes = length * byteWidth[type]
  if (entry.source.size !== bytes)
    throw new CascadeError('checkpoint', `expected ${bytes} bytes of ${type} [${length}], got ${entry.source.size}`)
  return readEntryArray(entry, { type, shape: [length], offset: 0, bigEndian })
}

function counts<T>(items: readonly T[]): ReadonlyMap<T, number> {
  const found = new Map<T, number>()
  for (const item of items) found.set(item, (found.get(item) ?? 0) + 1)
  return found
}
