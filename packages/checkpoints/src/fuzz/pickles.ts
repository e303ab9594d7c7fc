import { damageBytes, damageNumbers, type Field, type Next, oneOf } from '@cascade-diffusion/testing'
import { bytesSource } from '../sources/byte-source.ts'
import { fixture, zipOf } from '../test-support.ts'
import { openZip } from '../zip/zip.ts'

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`

const data = new Uint8Array(96)
const storage = `(${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}K\x18tQ`
const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x02K\x02K\x03\x86K\x06K\x02\x86\x89ccollections\nOrderedDict\n)RtRq\x01`
const pickle = `\x80\x02ccollections\nOrderedDict\n)R(${text('a')}${tensor}${text('b')}](h\x01}${text('c')}h\x01seu.`

/** A damaged pickle in an archive with valid checksums, so that the damage reaches the unpickler. */
export const damagedPickle = (next: Next): Uint8Array =>
  zipOf({ 'm/data.pkl': damageBytes(latin1(pickle), next), 'm/data/0': data })

const archives = (names: readonly string[]) =>
  Promise.all(
    names.map(async (name) => {
      const zip = await openZip(bytesSource(fixture(`${name}.pt`)))
      const entries = zip.names.map(async (entry) => [entry, await zip.read(entry)] as const)
      return Object.fromEntries(await Promise.all(entries))
    }),
  )

/** Entries of checkpoints of PyTorch with much beside the tensors, in both sets of opcodes, and of recent types. */
const training = await archives(['training-protocol-2', 'training-protocol-5', 'untyped'])
/** Entries with unknown objects, classes and kinds of tensors. */
const odd = await archives(
  ['objects', 'objects-protocol-5', 'types', 'layouts', 'classes', 'bits', 'views', 'module'].map(
    (name) => `odd-${name}`,
  ),
)

/** As {@link damagedPickle}. */
const damagedOf =
  (files: readonly Readonly<Record<string, Uint8Array>>[]) =>
  (next: Next): Uint8Array => {
    const damaged = Object.entries(oneOf(files, next)).map(([name, bytes]) => [
      name,
      name.endsWith('/data.pkl') ? damageBytes(bytes, next) : bytes,
    ])
    return zipOf(Object.fromEntries(damaged))
  }
export const damagedTraining = damagedOf(training)
export const damagedOdd = damagedOf(odd)

/** An integer in one of the encodings of pickles. */
function integer(value: number, next: Next): string {
  const long = Buffer.alloc(8)
  long.writeBigInt64LE(BigInt(value))
  const ways = [`\x8a\x08${long.toString('latin1')}`]
  if (value >= 0 && value < 256) ways.push(`K${String.fromCharCode(value)}`)
  if (value >= 0 && value < 65536) ways.push(`M${long.subarray(0, 2).toString('latin1')}`)
  if (value === (value | 0)) ways.push(`J${long.subarray(0, 4).toString('latin1')}`)
  return oneOf(ways, next)
}

const oddNumbers = [0, 1, 2, 3, 5, 6, 7, 23, 24, 25, 255, 65536, 2 ** 30, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 62, -1, -24]

/** Two tensors of two storages. Any of their numbers, types and keys may be replaced. */
function oddTensors(next: Next): string {
  const odd = (value: number) => integer(next(6) === 0 ? oneOf(oddNumbers, next) : value, next)
  const list = (values: readonly number[]) => {
    const all = next(12) === 0 ? [...values, oneOf(oddNumbers, next)] : values
    return `(${all.map(odd).join('')}t`
  }
  const storage = (key: string, count: number) => {
    const type =
      next(10) === 0 ? oneOf(['DoubleStorage', 'LongStorage', 'BoolStorage', 'HalfStorage', 'X'], next) : 'FloatStorage'
    const id = next(20) === 0 ? oneOf(['0', '1', '', '../0', '__proto__'], next) : key
    return `(${text('storage')}ctorch\n${type}\n${text(id)}${text('cpu')}${odd(count)}N`
  }
  const tensor = (key: string, count: number, shape: readonly number[], strides: readonly number[]) =>
    `ctorch._utils\n_rebuild_tensor_v2\n(${storage(key, count)}tQ${odd(0)}${list(shape)}${list(strides)}\x89ccollections\nOrderedDict\n)RtR`
  return `\x80\x02}(${text('a')}${tensor('0', 24, [2, 3, 4], [12, 4, 1])}${text('b')}${tensor('1', 24, [4], [2])}u.`
}

/** A valid file of PyTorch except for the numbers that describe its tensors. */
export const oddPyTorch = (next: Next): Uint8Array =>
  zipOf({ 'm/data.pkl': latin1(oddTensors(next)), 'm/data/0': data, 'm/data/1': data })

const start = '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.'
const machine = `\x80\x02}${text('little_endian')}\x88s.`
const keys = `\x80\x02](${text('0')}${text('1')}e.`
const length = Uint8Array.of(24, 0, 0, 0, 0, 0, 0, 0)

/** The same in the format before PyTorch 1.6, with replaced lengths of storages too. */
export function oddLegacy(next: Next): Uint8Array {
  const pickles = latin1(start + machine + oddTensors(next) + keys)
  const file = new Uint8Array([...pickles, ...length, ...data, ...length, ...data])
  const fields: Field[] = [0, 1].map((i) => ({ at: pickles.length + i * (8 + data.length), width: 8 }))
  return next(4) === 0 ? damageNumbers(file, fields, next) : file
}
