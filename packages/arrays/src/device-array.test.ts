import { expect, test, vi } from 'vitest'
import { float32 } from './array.ts'
import { type DeviceArray, disposeAll, donate, isDeviceArray, takeArguments } from './device-array.ts'

const onDevice = (value: number) => {
  const dispose = vi.fn()
  return { array: { dtype: 'float32', shape: [], read: async () => float32(value), dispose } as DeviceArray, dispose }
}

test('isDeviceArray distinguishes device arrays from host arrays and other values', () => {
  expect(isDeviceArray(onDevice(1).array)).toBe(true)
  for (const other of [float32([1]), { read: () => {} }, undefined, null, 1, []])
    expect(isDeviceArray(other)).toBe(false)
})

test('arguments are taken apart, and what was donated among them is disposed of when it is time', async () => {
  const [a, b] = [onDevice(1), onDevice(2)]
  const host = float32([3])
  const { leaves, shape, disposeDonated } = takeArguments([{ a: donate(a.array), host }, [b.array], undefined])
  expect(leaves).toEqual([a.array, host, b.array])
  expect(leaves[0]).toBe(a.array)
  expect(shape.paths).toEqual(['0.a', '0.host', '1.0'])
  expect(a.dispose).not.toHaveBeenCalled()
  disposeDonated()
  expect(a.dispose).toHaveBeenCalledTimes(1)
  expect(b.dispose).not.toHaveBeenCalled()
})

test('a donated tree keeps its form and its host arrays, and its arrays can be read', async () => {
  const a = onDevice(5)
  const host = float32([3])
  const tree = donate({ list: [a.array, host], nothing: undefined })
  expect(tree.list[1]).toBe(host)
  expect(tree.nothing).toBeUndefined()
  expect(await (tree.list[0] as DeviceArray).read()).toEqual(float32(5))
  ;(tree.list[0] as DeviceArray).dispose()
  expect(a.dispose).toHaveBeenCalledTimes(1)
})

test('disposeAll disposes of the device arrays in a tree', () => {
  const [a, b] = [onDevice(1), onDevice(2)]
  disposeAll({ a: a.array, rest: [b.array, float32([1]), undefined] })
  expect(a.dispose).toHaveBeenCalledTimes(1)
  expect(b.dispose).toHaveBeenCalledTimes(1)
})
