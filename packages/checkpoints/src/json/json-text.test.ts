import { expect, test } from 'vitest'
import { parseJsonText } from './json-text.ts'

const parse = (text: string, depth = 100) => parseJsonText(text, depth)

test.each([
  ...[
    '{}',
    '[]',
    ' [ ] ',
    '"a"',
    '1',
    '-0',
    '-1.5e-3',
    '1E+2',
    '0.1',
    'true',
    'false',
    'null',
    '\t\r\n{ "a" : [ 1 , "b" , null ] }',
  ],
  ...[
    '"\\u00e9\\ud834\\udd1e\\n\\"\\\\"',
    '"\\\\"',
    '["\\\\\\"", "]"]',
    '"😀"',
    '123456789012345678901234567890',
    '1e999',
  ],
  '{"a":{"b":[[],{}]},"":0,"NaN":"Infinity","é":1}',
])('%s is read as JSON.parse reads it', (text) => {
  expect(parse(text)).toEqual(JSON.parse(text))
})

test('the numbers that Python writes beside those of JSON', () => {
  // json.dumps({"a": float("nan"), "b": [float("inf"), float("-inf")], "c": "NaN", "NaN": 1})
  const text = '{"a": NaN, "b": [Infinity, -Infinity], "c": "NaN", "NaN": 1}'
  expect(parse(text)).toEqual({
    a: Number.NaN,
    b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    c: 'NaN',
    NaN: 1,
  })
})

test('names that mean something to JavaScript are names', () => {
  const record = parse('{"__proto__": {"a": 1}, "constructor": 2}') as Record<string, unknown>
  expect(Object.entries(record)).toEqual([
    ['__proto__', { a: 1 }],
    ['constructor', 2],
  ])
  expect(({} as Record<string, unknown>).a).toBeUndefined()
})

test('a byte order mark in front is none of the text', () => {
  expect(parse('\ufeff{"a": 1}')).toEqual({ a: 1 })
})

test.each([
  ['', 'a value at line 1, column 1, got the end'],
  ['{"a": nan}', 'a value at line 1, column 7, got "nan}"'],
  ['{"a": -NaN}', 'a value at line 1, column 7, got "-NaN}"'],
  ['[Infinit]', 'a value at line 1, column 2'],
  ['{\n  "a": 1,\n  "b": True\n}', 'a value at line 3, column 8, got "True\\n}"'],
  ["{'a': 1}", 'a key in double quotes at line 1, column 2, got "\'a\': 1}"'],
  ['{"a": 1,}', 'a key in double quotes at line 1, column 9, got "}"'],
  ['[1,]', 'a value at line 1, column 4, got "]"'],
  ['[1 2]', "',' or ']' at line 1, column 4, got \"2]\""],
  ['{"a" 1}', "':' at line 1, column 6"],
  ['{"a": 1', "',' or '}' at line 1, column 8, got the end"],
  ['"abc', 'a string that ends at line 1, column 1'],
  ['"a\nb"', 'a string without raw control characters'],
  ['"abc\\', 'a string that ends'],
  ['"\\x"', 'a string of known escapes'],
  ['01', 'a value at line 1, column 1'],
  ['1.', 'a value'],
  ['.5', 'a value'],
  ['+1', 'a value'],
  ['0x10', 'a value'],
  ['[1] // one', 'nothing more at line 1, column 5, got "// one"'],
  ['{} {}', 'nothing more at line 1, column 4'],
  ['{"a": 1, "b": 2, "a": 3}', 'each key of an object once at line 1, column 18, got "\\"a\\": 3}"'],
])('%j is refused, and the place named', (text, message) => {
  expect(() => parse(text)).toThrow(`expected JSON: ${message}`)
})

test('the depth is limited', () => {
  expect(parse('[[[1]]]', 3)).toEqual([[[1]]])
  expect(() => parse('[[[[1]]]]', 3)).toThrow('values nested 3 deep at most at line 1, column 4')
  expect(() => parse('['.repeat(1e6))).toThrow('nested 100 deep')
})
