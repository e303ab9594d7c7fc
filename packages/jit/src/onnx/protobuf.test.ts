import fc from 'fast-check'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { encodeMessage, type MessageType } from './protobuf.ts'

const inner: MessageType = { name: [1, 'string'], values: [16, 'int'] }
const outer: MessageType = {
  i: [1, 'int'],
  f: [2, 'float'],
  text: [3, 'string'],
  data: [4, 'bytes'],
  many: [500, inner],
  one: [6, inner],
}

const Outer = protobuf
  .parse(
    `syntax = "proto2";
     message Inner { optional string name = 1; repeated int64 values = 16; }
     message Outer {
       optional int64 i = 1; optional float f = 2; optional string text = 3; optional bytes data = 4;
       repeated Inner many = 500; optional Inner one = 6;
     }`,
    { keepCase: true },
  )
  .root.lookupType('Outer')

test('what is written is what protobufjs reads', () => {
  const integer = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }), fc.constantFrom(127, 128, 2 ** 35))
  const text = fc.string({ unit: 'binary', maxLength: 200 })
  const innerMessage = fc.record({ name: text, values: fc.array(integer) })
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const message = fc.record({
    i: optional(integer),
    f: optional(fc.float({ noNaN: true })),
    text: optional(text),
    data: optional(fc.uint8Array({ maxLength: 200 })),
    many: fc.array(innerMessage),
    one: optional(innerMessage),
  })
  fc.assert(
    fc.property(message, (given) => {
      const read = Outer.toObject(Outer.decode(encodeMessage(outer, given)), {
        longs: Number,
        bytes: Array,
        arrays: true,
      })
      const expected = Object.entries({ ...given, data: given.data && Array.from(given.data) })
      expect(read).toEqual(Object.fromEntries(expected.filter(([, value]) => value !== undefined)))
    }),
  )
})

test('integers beyond those of numbers', () => {
  const { i } = Outer.decode(encodeMessage(outer, { i: -(2n ** 63n) })) as unknown as { i: { toString(): string } }
  expect(i.toString()).toBe('-9223372036854775808')
})

test('a field that a message does not have is an error', () => {
  expect(() => encodeMessage(inner, { nam: 'x' })).toThrow("expected one of the fields [name,values], got 'nam'")
})
