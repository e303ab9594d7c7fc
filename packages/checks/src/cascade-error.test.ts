import { expect, test } from 'vitest'
import { CascadeError, isCascadeError, throwIfAborted } from './cascade-error.ts'

test('an error has a code, a message and a cause', () => {
  const cause = new Error('why')
  const error = new CascadeError('data', 'images: expected some, got none', { cause })
  expect([error.code, error.message, error.name, error.cause]).toEqual([
    'data',
    'images: expected some, got none',
    'CascadeError',
    cause,
  ])
  expect(error).toBeInstanceOf(Error)
  expect(Object.keys(error)).toEqual(['code'])
  expect(String(error)).toBe('CascadeError: images: expected some, got none')
})

test('errors are recognised by their code', () => {
  const error = new CascadeError('engine', 'jit: no engine')
  expect(isCascadeError(error)).toBe(true)
  expect(isCascadeError(error, 'engine')).toBe(true)
  expect(isCascadeError(error, 'input')).toBe(false)
  for (const other of [new Error('x'), { code: 'engine' }, null, undefined, 'engine'])
    expect(isCascadeError(other)).toBe(false)
})

test('another copy of the package recognises them', async () => {
  const copy = (await import(`${new URL('./cascade-error.ts', import.meta.url)}?copy`)) as {
    CascadeError: typeof CascadeError
  }
  expect(copy.CascadeError).not.toBe(CascadeError)
  const error = new copy.CascadeError('checkpoint', 'x')
  expect(error).not.toBeInstanceOf(CascadeError)
  expect(isCascadeError(error, 'checkpoint')).toBe(true)
})

test('an aborted signal ends work with its reason', () => {
  const reason = new Error('enough')
  expect(() => throwIfAborted(undefined, 'sample')).not.toThrow()
  expect(() => throwIfAborted(new AbortController().signal, 'sample')).not.toThrow()
  const abort = () => throwIfAborted(AbortSignal.abort(reason), 'sample')
  expect(abort).toThrow('sample: interrupted')
  expect(abort).toThrow(expect.objectContaining({ name: 'AbortError', code: 'interrupted', cause: reason }))
})
