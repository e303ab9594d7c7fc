import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openCheckpoint, readCheckpoint } from '../open-checkpoint.ts'
import { fixturePath, toNumber, zipOf } from '../test-support.ts'
import { readPyTorch } from './pytorch.ts'

/** What PyTorch 2.15 reads from each file. */
const expected: Record<string, Record<string, { shape: number[]; values: string[] }>> = JSON.parse(
  readFileSync(fixturePath('odd.json'), 'utf8'),
)

const long = `dict.${'x'.repeat(115)}…`
/** What cannot be read of each file, and a part of why. */
const refused: Record<string, Record<string, string>> = {
  'odd-objects.pt': { pair: 'made by library.Pair of tensors', [long]: 'longer than 1000 characters' },
  'odd-objects-protocol-5.pt': { pair: 'made by library.Pair of tensors', [long]: 'longer than 1000 characters' },
  'odd-types.pt': {
    complex64: 'torch.ComplexFloatStorage are not read: torch.view_as_real(x)',
    complex128: 'torch.ComplexDoubleStorage are not read: torch.view_as_real(x)',
    complex32: 'torch.complex32 are not read: torch.view_as_real',
    conjugate: 'torch.ComplexFloatStorage are not read',
    bits8: 'torch.bits8 are not read: x.view(torch.uint8)',
    float4_e2m1fn_x2: 'torch.float4_e2m1fn_x2 are not read: x.view(torch.uint8)',
  },
  'odd-layouts.pt': {
    ...Object.fromEntries(
      ['coo', 'csr', 'csc', 'bsr', 'bsc'].map((name) => [name, 'sparse tensor is not read: x.to_dense()']),
    ),
    nested: 'nested tensor is not read: x.unbind()',
    jagged: 'nested tensor is not read: x.unbind()',
    meta: 'on the device meta has no numbers: load the weights',
    ...Object.fromEntries(
      ['quantised', 'channels', 'wide'].map((name) => [name, 'quantised tensor is not read: x.dequantize()']),
    ),
  },
  'odd-classes.pt': {
    subclass: 'of the class library.Image',
    wrapper: 'of the class library.Scaled',
    uninitialised: 'of a lazy module has no numbers yet: run the module once',
  },
  'odd-bits.pt': { integers: "int64 with PyTorch's negative bit is not read: x.resolve_neg()" },
  'odd-views.pt': { immense: 'expected tensors of at most 16 times the file' },
  'odd-module.pt': {},
  'odd-module-list.pt': {},
  'odd-checksums.pt': {},
  'odd-legacy-views.pt': {},
  'odd-legacy-module.pt': {},
}
const { nested: _, jagged: __, ...oldLayouts } = refused['odd-layouts.pt']!
refused['odd-legacy.pt'] = { first: 'torch.ComplexFloatStorage', ...oldLayouts, ...refused['odd-bits.pt'] }

test.each(Object.keys(refused))('%s: all that can be read, as PyTorch reads it, and the rest named', async (name) => {
  const file = await openCheckpoint(fixturePath(name))
  expect([...file.names].sort()).toEqual(Object.keys(expected[name]!).sort())
  const all = await file.readAll((key) => file.names.includes(key))
  for (const [key, { shape, values }] of Object.entries(expected[name]!)) {
    expect(all[key]!.shape).toEqual(shape)
    expect(all[key]!.data).toEqual(all[key]!.data.map((_, i) => toNumber(values[i]!)))
    expect(all[key]!.data.length).toBe(values.length)
    expect(await file.read(key)).toEqual(all[key])
  }
  expect([...file.unreadable.keys()].sort()).toEqual(Object.keys(refused[name]!).sort())
  for (const [key, reason] of Object.entries(refused[name]!)) {
    expect(file.unreadable.get(key)).toContain(reason)
    const named = `PyTorch ${fixturePath(name)}: tensor '${key}': `
    await expect(file.read(key)).rejects.toThrow(named + file.unreadable.get(key))
    expect(() => file.shape(key)).toThrow(named)
  }
  await file.close()
})

test('reading all is an error that names what cannot be read, and what to do', async () => {
  const path = fixturePath('odd-layouts.pt')
  for (const read of [readPyTorch, readCheckpoint])
    await expect(read(path)).rejects.toThrow(
      `PyTorch ${path}: tensor 'coo': a sparse tensor is not read: x.to_dense() gives one that is; nor can 'csr', 'csc', 'bsr', 'bsc', 'nested', 5 more be read; the file's other tensors can be read without them, by the argument keep`,
    )
  expect(await readPyTorch(path, (name) => name === 'weight')).toEqual(
    await readCheckpoint(path, (name) => name === 'weight'),
  )
})

const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`
const storage = `(${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}K\x04tQ`
const hooks = '\x89ccollections\nOrderedDict\n)R'
const made = (rest: string) => `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\0K\x04\x85K\x01\x85${hooks}${rest}tR`
const file = (members: string, data = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)) =>
  zipOf({ 'm/data.pkl': Buffer.from(`\x80\x02}(${members}u.`, 'latin1'), 'm/data/0': data })
const member = (key: string, value: string) => text(key) + value

test.each([
  [
    'an unknown property',
    made(`}${text('scale')}K\x02s`),
    "made by torch._utils._rebuild_tensor_v2 with the property 'scale', which is not known here",
  ],
  ['a bit that is no boolean', made(`}${text('neg')}K\x01s`), "the property 'neg'"],
  ['properties that are none', made('K\x01'), 'properties that are not a dict but number, which'],
  ['an eighth argument', made('NN'), '8 arguments in place of 7'],
  [
    'a fourth argument of a parameter',
    `ctorch._utils\n_rebuild_parameter\n(${made('')}\x88NNtR`,
    '4 arguments in place of 3',
  ],
  [
    'a parameter of a number',
    'ctorch._utils\n_rebuild_parameter\n(K\x01\x88NtR',
    'expected a tensor to make a parameter of, got number',
  ],
  [
    'a function that is not known',
    `clibrary\nrebuild\n(${made('')}tR`,
    'made by library.rebuild of tensors, and nothing is executed',
  ],
  [
    'a class made by its own class',
    'ctorch._tensor\n_rebuild_from_type_v2\nq\x05(h\x05h\x05](h\x05e}tR',
    'of the class torch._tensor._rebuild_from_type_v2',
  ],
])('%s makes one tensor unreadable, not the file', async (_, value, reason) => {
  const opened = await openCheckpoint(file(member('odd', value) + member('w', made(''))))
  expect(opened.names).toEqual(['w'])
  expect(opened.unreadable.get('odd')).toContain(reason)
  expect([...(await opened.read('w')).data]).toEqual([1, 2, 3, 4])
})

test('the bit for conjugation changes no real number; an empty dict of properties says nothing', async () => {
  const opened = await openCheckpoint(file(member('a', made(`}${text('conj')}\x88s`)) + member('b', made('}'))))
  expect((await opened.read('a')).data).toEqual((await opened.read('b')).data)
})

test('two tensors of one name are both refused', async () => {
  const opened = await openCheckpoint(
    file(member('a.b', made('')) + member('a', `}${member('b', made(''))}s`) + member('w', made(''))),
  )
  expect([opened.names, [...opened.unreadable]]).toEqual([['w'], [['a.b', 'two tensors have this name']]])
})

test('objects whose classes are calls, extensions or have named arguments stand for nothing', async () => {
  const call = 'cbuiltins\ngetattr\n(cdatetime\ndatetime\nX\x03\0\0\0nowtR)R'
  const extension = '\x82\x05)R'
  const newEx = 'clibrary\nThing\n)}\x92'
  const members = member('a', call) + member('b', extension) + member('c', newEx) + member('w', made(''))
  const opened = await openCheckpoint(file(members))
  expect([opened.names, opened.unreadable.size]).toEqual([['w'], 0])
})

test('a file of objects alone says which', async () => {
  await expect(openCheckpoint(file(member('a', 'clibrary\nThing\n)\x81')))).rejects.toThrow(
    'expected a state dict, found no tensor in the file, but objects of library.Thing',
  )
})
