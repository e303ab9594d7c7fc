import { expect, test } from 'vitest'
import { earlyValues } from './early-values.ts'
import { GraphBuilder, type Value } from './graph.ts'

const type = { shape: [2], dtype: 'float32' } as const

/** A chain of operations on a value, the last of which takes more operands. */
function chain(builder: GraphBuilder, length: number, from: Value, more: readonly Value[] = []): Value {
  let x = from
  for (let i = 1; i < length; i++) x = builder.record('Neg', [x], { i }, [type])[0]
  return builder.record('AddN', [x, ...more], {}, [type])[0]
}

test('values that wait for their use are early, in the order of their making', () => {
  const builder = new GraphBuilder()
  const input = builder.input(type)
  const constant = builder.constant(Float32Array.of(1, 2), [2], 'float32')
  const [a] = builder.record('Abs', [input], {}, [type])
  const [b] = builder.record('Exp', [input], {}, [type])
  const [soon] = builder.record('Sqrt', [input], {}, [type])
  const end = chain(builder, 40, soon, [b, a, constant])
  expect(earlyValues(builder.finish([end]))).toEqual([a, b, end])
})

test('values that are used at once, if also later, are not', () => {
  const builder = new GraphBuilder()
  const input = builder.input(type)
  const [x] = builder.record('Abs', [input], {}, [type])
  const end = chain(builder, 40, x, [x])
  expect(earlyValues(builder.finish([end]))).toEqual([end])
})
