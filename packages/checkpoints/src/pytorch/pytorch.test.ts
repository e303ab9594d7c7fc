import { existsSync } from 'node:fs'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { openCheckpoint } from '../open-checkpoint.ts'
import { expected, fixture, fixturePath, toNumber, zipOf } from '../test-support.ts'
import { readPyTorch } from './pytorch.ts'

test.each(['nested.pt', 'nested-protocol-4.pt', 'nested-legacy.pt', 'nested-legacy-protocol-4.pt'])(
  'reads %s as PyTorch wrote it',
  async (name) => {
    const tensors = await readPyTorch(fixturePath(name))
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected.tensors).sort())
    for (const [key, { shape, values }] of Object.entries(expected.tensors)) {
      expect(tensors[key]?.shape).toEqual(shape)
      expect([...tensors[key]!.data]).toEqual(values.map(toNumber))
    }
    expect(tensors['types.bool']?.dtype).toBe('bool')
    expect(tensors['types.int64']?.dtype).toBe('int32')
  },
)

test('reads the state dict of a module, its _metadata dropped', async () => {
  const tensors = await readPyTorch(fixturePath('state-dict.pt'))
  expect(Object.entries(tensors).map(([name, { dtype, shape }]) => [name, dtype, ...shape])).toEqual([
    ['0.weight', 'float32', 2, 1, 3, 3],
    ['0.bias', 'float32', 2],
    ['1.weight', 'float32', 2],
    ['1.bias', 'float32', 2],
    ['1.running_mean', 'float32', 2],
    ['1.running_var', 'float32', 2],
    ['1.num_batches_tracked', 'int32'],
  ])
  expect([...tensors['1.weight']!.data]).toEqual([1, 1])
})

test.each([2, 5])('what training leaves beside tensors is read, and left out: protocol %s', async (protocol) => {
  const tensors = await readPyTorch(fixturePath(`training-protocol-${protocol}.pt`))
  const { 'model.weight': weight, 'args.initial': initial, 'state.weight.momentum': momentum, ...rest } = tensors
  expect(rest).toEqual({})
  expect([weight?.shape, [...initial!.data]]).toEqual([[4, 6], [7]])
  expect(momentum?.data).toEqual(weight?.data.map((value) => value + 1))
})

test('types that PyTorch has no storages for', async () => {
  expect(await readPyTorch(fixturePath('untyped.pt'))).toEqual({
    uint16: int32([1, 65535]),
    uint32: int32([1, 2147483647]),
    uint64: int32([5]),
    float8: float32([1, -2]),
  })
})

test('programs of TorchScript and the tar archives of the first versions are named', async () => {
  await expect(readPyTorch(fixturePath('script.pt'))).rejects.toThrow('got a program of TorchScript: save its model')
  const tar = new Uint8Array(1024)
  tar.set(Buffer.from('storages'))
  tar.set(Buffer.from('ustar'), 257)
  await expect(readPyTorch(tar)).rejects.toThrow('PyTorch bytes: a tar archive, as torch before 0.1.10 wrote it')
  await expect(openCheckpoint(tar)).rejects.toThrow('a tar archive')
})

test('what would execute code is not executed', async () => {
  expect(Object.keys(await readPyTorch(fixturePath('hostile.pt')))).toEqual(['weight'])
  expect(existsSync('hostile-was-here')).toBe(false)
})

test('a whole module gives the tensors of its state dict', async () => {
  const module = await readPyTorch(fixturePath('module.pt'))
  expect(Object.entries(module).map(([name, { shape }]) => [name, shape])).toEqual([
    ['weight', [1, 1]],
    ['bias', [1]],
  ])
})

test('tensors far larger than the file, and integers beyond int32, are refused by name', async () => {
  await expect(readPyTorch(fixturePath('expanded.pt'))).rejects.toThrow(
    "tensor 'wide': expected tensors of at most 16 times the file's 1584 bytes, got more",
  )
  await expect(readPyTorch(fixturePath('int64-beyond-int32.pt'))).rejects.toThrow(
    "tensor 'wide': expected int64 values",
  )
})

const storage = '(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQ'
const tensor = (offset: string, shape: string, stride: string) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${offset}${shape}${stride}\x89ccollections\nOrderedDict\n)RtR`
const dictOf = (value: string) => `\x80\x02}X\x01\0\0\0w${value}s.`
const file = (pickle: string, data = new Uint8Array(16), byteorder = 'little') =>
  zipOf({
    'm/data.pkl': Buffer.from(pickle, 'latin1'),
    'm/byteorder': Buffer.from(byteorder),
    'm/data/0': data,
  })
const small = tensor('K\0', 'K\x02K\x02\x86', 'K\x02K\x01\x86')

test('reads a file made by hand', async () => {
  const data = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)
  expect(await readPyTorch(file(dictOf(small), data))).toEqual({
    w: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  })
  const transposed = tensor('K\0', 'K\x02K\x02\x86', 'K\x01K\x02\x86')
  expect([...(await readPyTorch(file(dictOf(transposed), data))).w!.data]).toEqual([1, 3, 2, 4])
})

test.each([
  [
    'an offset beyond the storage',
    dictOf(tensor('K\x03', 'K\x02\x85', 'K\x01\x85')),
    'inside its storage of 4 elements',
  ],
  ['a stride beyond the storage', dictOf(tensor('K\0', 'K\x02\x85', 'K\x04\x85')), 'inside its storage of 4 elements'],
  [
    'a negative stride',
    dictOf(tensor('K\x03', 'K\x02\x85', 'J\xff\xff\xff\xff\x85')),
    'expected a tensor’s storage'.replace('’', "'"),
  ],
  ['a stride for each axis missing', dictOf(tensor('K\0', 'K\x02K\x02\x86', 'K\x01\x85')), 'inside its storage'],
  ['os.system', '\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.', 'found no tensor in the file, but objects of os.system'],
  ['builtins.eval by a stack', '\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.', 'objects of builtins.eval'],
  ['a call of a storage type', '\x80\x02ctorch\nFloatStorage\n)R.', 'objects of torch.FloatStorage'],
  ['a call of a class by NEWOBJ', '\x80\x02cos\n_wrap_close\n)\x81.', 'objects of os._wrap_close'],
  ['a call of a type of elements', '\x80\x02ctorch\nfloat32\n)R.', 'objects of torch.float32'],
  ['a state for a tuple', '\x80\x02K\x01\x85}b.', 'expected an object on the stack'],
  ['bytes that are not there', '\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f', 'more bytes'],
  ['pairs that are none', '\x80\x02ccollections\nOrderedDict\n](K\x01e\x85R.', 'found no tensor'],
  ['an unknown opcode', '\x80\x02i.', 'refused the opcode 0x69'],
  ['a pickle without end', '\x80\x02}', 'expected 1 more bytes'],
  ['a pickle of nothing', '\x80\x02.', 'expected a value on the stack'],
  ['a memo that is not there', '\x80\x02h\x05.', 'expected memo 5'],
  ['no tensor at all', '\x80\x02}.', 'found no tensor'],
  ['a dict inside itself', `\x80\x02}q\0X\x01\0\0\0ah\0s.`, 'found no tensor'],
  ['a dict inside itself by no name', `\x80\x02}q\0X\0\0\0\0h\0s.`, 'found no tensor'],
  ['an object that is its own attributes', `\x80\x02cargparse\nNamespace\n)\x81q\0h\0b.`, 'found no tensor'],
])('refuses %s', async (_, pickle, message) => {
  await expect(readPyTorch(file(pickle))).rejects.toThrow(message)
})

test('refuses lists that double at every level instead of walking them', async () => {
  const levels = Array.from(
    { length: 60 },
    (_, i) => `](h${String.fromCharCode(i)}h${String.fromCharCode(i)}eq${String.fromCharCode(i + 1)}`,
  )
  await expect(readPyTorch(file(`\x80\x02]q\0${levels.join('')}.`))).rejects.toThrow('found no tensor')
  await expect(readPyTorch(file(`\x80\x02](${small}eq\0${levels.join('')}.`))).rejects.toThrow(
    'expected at most 1000000 values that are repeated',
  )
})

test('big-endian storages', async () => {
  const data = Buffer.from(new Float32Array([1, 2, 3, 4]).buffer).swap32()
  const tensors = await readPyTorch(file(dictOf(small), new Uint8Array(data), 'big'))
  expect(tensors).toEqual({ w: float32([1, 2, 3, 4], [2, 2]) })
})

test("Python 2's strings, a dict of pairs and integers beyond 2^53", async () => {
  const pairs = `\x80\x02ccollections\nOrderedDict\n](](U\x01w${small}e](T\x01\0\0\0v\x8b\x09\0\0\0${'\xff'.repeat(9)}ee\x85R.`
  expect(Object.keys(await readPyTorch(file(pairs)))).toEqual(['w'])
})

test('refuses a storage of another size, missing storages and another byte order', async () => {
  const message = "tensor 'w': expected 16 bytes of float32 [4], got 12"
  await expect(readPyTorch(file(dictOf(small), new Uint8Array(12)))).rejects.toThrow(message)
  const without = zipOf({ 'm/data.pkl': Buffer.from(dictOf(small), 'latin1') })
  await expect(readPyTorch(without)).rejects.toThrow("tensor 'w': zip: expected an entry 'm/data/0'")
  await expect(readPyTorch(file(dictOf(small), undefined, 'middle'))).rejects.toThrow(
    'byte order little or big, got middle',
  )
  await expect(readPyTorch(zipOf({ 'm/other': new Uint8Array(1) }))).rejects.toThrow(
    'expected an entry data.pkl, got m/other',
  )
})

test('a flipped bit in the data fails its checksum', async () => {
  const bytes = fixture('nested.pt')
  const at = Buffer.from(bytes).indexOf(Buffer.from(Float32Array.of(1.5).buffer))
  bytes[at]! ^= 1
  await expect(readPyTorch(bytes)).rejects.toThrow('is corrupt: expected CRC-32')
})

test.each([
  ['one dict the attributes of many objects', 'cargparse\nNamespace\nq\x01}(', 'K\x01', 'u', 'h\x01)\x81h\0b'],
  ['one list of pairs many dicts', 'ccollections\nOrderedDict\nq\x01](', 'K\x01\x86', 'e\x85', 'h\x01h\0R'],
])('making %s takes no longer than reading them', async (_, start, item, end, use) => {
  const entries = Array.from({ length: 100_000 }, (_, i) => {
    const number = `J${String.fromCharCode(i & 255, (i >> 8) & 255, i >> 16, 0)}`
    return number + item
  })
  const pickle = `\x80\x02${start}${entries.join('')}${end}q\0${use.repeat(100_000)}h\0.`
  await expect(readPyTorch(file(pickle))).rejects.toThrow('found no tensor')
})

test('a global whose name is a tower of lists is refused at once', async () => {
  // Each list holds the one before twice: as text, 2^40 characters.
  const tower = `]${'q\x00]h\x00ah\x00a'.repeat(40)}`
  const bytes = zipOf({ 'm/data.pkl': Buffer.from(`\x80\x04${tower}X\x01\0\0\0a\x93.`, 'latin1') })
  await expect(readPyTorch(bytes)).rejects.toThrow("expected a global's module and name")
})

test('a tensor of more axes than there are is refused', async () => {
  const axes = 'K\x01'.repeat(65)
  const pickle = dictOf(tensor('K\0', `(${axes}t`, `(${axes}t`))
  const bytes = zipOf({ 'm/data.pkl': Buffer.from(pickle, 'latin1'), 'm/data/0': new Uint8Array(16) })
  await expect(readPyTorch(bytes)).rejects.toThrow("expected a tensor's storage, offset, size and stride")
})

test('parameters are tensors', async () => {
  const parameter = `ctorch._utils\n_rebuild_parameter\n(${tensor('K\0', 'K\x04\x85', 'K\x01\x85')}\x88ccollections\nOrderedDict\n)RtR`
  const data = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)
  const bytes = zipOf({ 'm/data.pkl': Buffer.from(dictOf(parameter), 'latin1'), 'm/data/0': data })
  expect([...(await readPyTorch(bytes)).w!.data]).toEqual([1, 2, 3, 4])
})
