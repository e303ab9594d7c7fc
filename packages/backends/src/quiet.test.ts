import { expect, test, vi } from 'vitest'
import { quietly, restoreUtil } from './quiet.ts'

test('gives util back what newer versions of Node.js lack', () => {
  const util: Record<string, unknown> = {}
  restoreUtil(util)
  const { isArray, isNullOrUndefined } = util as Record<string, (x: unknown) => boolean>
  expect([null, undefined, 0, ''].map((x) => isNullOrUndefined!(x))).toEqual([true, true, false, false])
  expect([[], {}].map((x) => isArray!(x))).toEqual([true, false])
})

test('keeps harmless messages back, passes others on, and ends with the call', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  await quietly(() => {
    console.warn("The kernel 'Abs' for backend 'cpu' is already registered")
    console.warn('something else')
    process.emitWarning('old', 'DeprecationWarning', 'DEP0040')
    process.emitWarning('old', { type: 'DeprecationWarning' })
    process.emitWarning('experimental', 'ExperimentalWarning')
  })
  console.warn('cpu backend was already registered')
  expect(warn.mock.calls).toEqual([['something else'], ['cpu backend was already registered']])
  expect(emitted.mock.calls).toEqual([['experimental', 'ExperimentalWarning']])
})
