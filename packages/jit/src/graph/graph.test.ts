import { expect, test } from 'vitest'
import { GraphBuilder, splatValue } from './graph.ts'

const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const })

test('equal operations on equal values are recorded once', () => {
  const b = new GraphBuilder()
  const [x, y] = [b.input(float(2)), b.input(float(2))]
  const [sum] = b.record('Add', [x, y], {}, [float(2)])
  expect(b.record('Add', [x, y], {}, [float(2)])[0]).toBe(sum)
  expect(b.record('Add', [y, x], {}, [float(2)])[0]).not.toBe(sum)
  expect(b.record('Sub', [x, y], {}, [float(2)])[0]).not.toBe(sum)
  const [clip] = b.record('Clip', [x], { max: Number.POSITIVE_INFINITY }, [float(2)])
  expect(b.record('Clip', [x], { max: Number.POSITIVE_INFINITY }, [float(2)])[0]).toBe(clip)
  for (const max of [Number.NEGATIVE_INFINITY, Number.NaN, null])
    expect(b.record('Clip', [x], { max }, [float(2)])[0]).not.toBe(clip)
  expect(b.record('Fill', [], { value: 0 }, [float(2)])[0]).not.toBe(b.record('Fill', [], { value: -0 }, [float(2)])[0])
  // Several results of one operation belong together.
  const types = [float(1), float(1)]
  expect(b.record('Split', [x], {}, types)).toBe(b.record('Split', [x], {}, types))
})

test('constants: small ones are recorded once, large ones keep their memory', () => {
  const b = new GraphBuilder()
  const one = b.constant(Float32Array.of(1, 2), [2], 'float32')
  expect(b.constant(Float32Array.of(1, 2), [2], 'float32')).toBe(one)
  expect(b.constant(Float32Array.of(1, 2), [2, 1], 'float32')).not.toBe(one)
  expect(b.constant(Int32Array.of(1, 2), [2], 'int32')).not.toBe(one)
  expect(b.constant(Float32Array.of(0), [], 'float32')).not.toBe(b.constant(Float32Array.of(-0), [], 'float32'))
  const large = new Float32Array(1000)
  expect(b.constant(large, [1000], 'float32').node?.attributes.data).toBe(large)
})

test('a tensor of one value is known to be so, and takes no memory if it is large', () => {
  const b = new GraphBuilder()
  const [small, large] = [b.splat(3, [2, 2], 'float32'), b.splat(3, [100, 100], 'float32')]
  expect(small.node?.op).toBe('Constant')
  expect(large.node).toMatchObject({ op: 'Splat', attributes: { value: 3 } })
  expect([small, large].map(splatValue)).toEqual([3, 3])
  expect(splatValue(b.constant(Float32Array.of(1, 2), [2], 'float32'))).toBeUndefined()
  expect(splatValue(b.constant(new Float32Array(0), [0], 'float32'))).toBeUndefined()
  expect(splatValue(b.input(float()))).toBeUndefined()
})

test('a finished graph holds what its outputs need, in the order of the calls, and all inputs', () => {
  const b = new GraphBuilder()
  const [x, unused] = [b.input(float(2)), b.input(float(3))]
  const [a] = b.record('Exp', [x], {}, [float(2)])
  b.record('Log', [x], {}, [float(2)])
  const [c] = b.record('Add', [a, x], {}, [float(2)])
  const graph = b.finish([c, x])
  expect(graph.nodes.map((n) => n.op)).toEqual(['Exp', 'Add'])
  expect(graph.inputs).toEqual([x, unused])
  expect(graph.outputs).toEqual([c, x])
})
