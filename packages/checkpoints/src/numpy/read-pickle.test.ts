import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readPickle } from './read-pickle.ts'

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url))
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

interface Expected {
  readonly shape: readonly number[]
  readonly values: readonly (number | boolean)[]
}
interface Read {
  readonly shape: readonly number[]
  readonly data: ArrayLike<number | bigint>
}

test.each([2, 3, 4, 5])('plain data and arrays of NumPy in protocol %i are what Python wrote', (protocol) => {
  const root = readPickle(fixture(`plain-${protocol}.pkl`)) as Map<string, Map<string, unknown>>
  const plain = root.get('plain')!
  expect(plain.get('text')).toBe('grün 画')
  expect(plain.get('long')).toBe('x'.repeat(300))
  expect(plain.get('number')).toBe(3.5)
  expect(plain.get('integers')).toEqual([0, -1, 70000, 2 ** 40])
  expect(plain.get('none')).toBe(null)
  expect(plain.get('flags')).toEqual([true, false])
  expect(plain.get('nested')).toEqual(new Map([['a', [1, [2, [3]]]]]))
  expect([...(plain.get('bytes') as Uint8Array)]).toEqual(Array.from({ length: 256 }, (_, i) => i))
  expect(plain.get('empty')).toEqual(new Uint8Array(0))
  const arrays = root.get('arrays')!
  const expected = JSON.parse(fixture('plain.json').toString()) as Record<string, Expected>
  expect([...arrays.keys()]).toEqual(Object.keys(expected))
  for (const [name, { shape, values }] of Object.entries(expected)) {
    const read = arrays.get(name)
    if (name === 'scalar') expect(read).toBe(7n)
    else {
      expect((read as Read).shape, name).toEqual(shape)
      expect(Array.from((read as Read).data, Number), name).toEqual(values.map(Number))
    }
  }
})

test.each([
  ['a function', '\x80\x02cos\nsystem\nU\x04true\x85R.', "refused 'os.system'"],
  ['a class by NEWOBJ', '\x80\x02cdatetime\ndate\n)\x81.', "refused 'datetime.date'"],
  ['a global alone', '\x80\x02cos\nsystem\n.', "got 'os.system'"],
  ['a persistent id', '\x80\x02U\x01aQ.', 'got a persistent id'],
  ['an array of objects', array('O', 'K\x01\x85', 'U\x01a'), "got 'O'"],
  ['a shape that the bytes do not fill', array('u1', 'K\x03\x85', 'U\x01a'), 'expected 3 bytes of uint8 [3], got 1'],
  ['a huge shape', array('u1', 'J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86', 'U\x01a'), 'bytes of uint8'],
  ['a negative shape', array('u1', 'J\xff\xff\xff\xff\x85', 'U\x01a'), 'expected the type and shape'],
  ['no bytes', array('u1', 'K\x01\x85', 'K\x01'), 'expected the bytes of an array'],
  ['a cut end', array('u1', 'K\x01\x85', 'U\x09a'), 'expected 9 more bytes'],
])('%s: nothing is executed, and what is not plain is refused', (_, pickle, message) => {
  expect(() => readPickle(latin1(pickle))).toThrow(
    expect.objectContaining({ code: 'checkpoint', message: expect.stringContaining(message) }),
  )
})

/** A pickle of an array, by opcodes. */
function array(type: string, shape: string, data: string): string {
  const dtype = `cnumpy\ndtype\nU${String.fromCharCode(type.length)}${type}\x85R`
  return `\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R(K\x01${shape}${dtype}\x89${data}tb.`
}

test('a short pickle that uses a text many times takes no more memory than itself', () => {
  const text = 'x'.repeat(200)
  const again = 'c_codecs\nencode\nh\x00\x85R'.repeat(50)
  expect(() => readPickle(latin1(`\x80\x02U\xc8${text}q\x00(${again}t.`))).toThrow('expected at most')
})
