import { expect, test } from 'vitest'
import { checkFlag, checkFunction, checkInteger, checkNumber, checkSignal } from './check-value.ts'
import { nearest } from './nearest.ts'
import { checkOneOf } from './one-of.ts'
import { checkOptions } from './options.ts'
import { shown, shownPair } from './shown.ts'

test('an unknown option is named, with the one that was probably meant', () => {
  interface Options {
    readonly emaDecay?: number
    readonly seed: number
  }
  const known = { emaDecay: true, seed: true } as const
  const check = (options: unknown) => () => checkOptions<Options>('train', options as Options, known)
  expect(check({ seed: 1, emaDecay: 0.9 })).not.toThrow()
  expect(check({ seed: 1, other: undefined })).not.toThrow()
  expect(check({ seed: 1, emaDecey: 0.9 })).toThrow("train: unknown option 'emaDecey'. Did you mean 'emaDecay'?")
  expect(check({ toString: 1 })).toThrow("train: unknown option 'toString'. There are emaDecay, seed")
  expect(check(undefined)).toThrow('train: expected an object of options, got undefined')
  expect(check([1])).toThrow('train: expected an object of options, got an array of 1')
})

test('the nearest name: letters left out, doubled, exchanged, of the other case; nothing for one that is far off', () => {
  const names = ['checkpoint', 'seed', 'steps', 'learningRate']
  expect(nearest('checkpont', names)).toBe('checkpoint')
  expect(nearest('sede', names)).toBe('seed')
  expect(nearest('LEARNINGRATE', names)).toBe('learningRate')
  expect(nearest('stepss', names)).toBe('steps')
  expect(nearest('banana', names)).toBeUndefined()
  expect(nearest('', names)).toBeUndefined()
})

test('one of several names', () => {
  expect(checkOneOf('jit', 'an engine', 'cpu', ['cpu', 'cuda'])).toBe('cpu')
  expect(() => checkOneOf('jit', 'an engine', 'cdua', ['cpu', 'cuda'])).toThrow(
    "jit: expected an engine, one of 'cpu', 'cuda'; got 'cdua'. Did you mean 'cuda'?",
  )
  expect(() => checkOneOf('jit', 'an engine', 3, ['cpu', 'cuda'])).toThrow("one of 'cpu', 'cuda'; got 3")
})

test('numbers and functions', () => {
  expect(checkInteger('train', 'steps', 3, { from: 0 })).toBe(3)
  for (const wrong of [-1, 1.5, Number.NaN, '3', undefined])
    expect(() => checkInteger('train', 'steps', wrong, { from: 0 })).toThrow(
      `train: expected steps, an integer from 0, got ${shown(wrong)}`,
    )
  expect(checkNumber('ddim', 'eta', 0.5, { from: 0, to: 1 })).toBe(0.5)
  expect(() => checkNumber('ddim', 'eta', 2, { from: 0, to: 1 })).toThrow('expected eta, a number from 0 to 1, got 2')
  expect(() => checkNumber('ddim', 'eta', Number.POSITIVE_INFINITY)).toThrow('expected eta, a number, got Infinity')
  expect([true, false].map((flag) => checkFlag('train', 'flips', flag))).toEqual([true, false])
  expect(() => checkFlag('train', 'flips', 'no')).toThrow("train: expected flips, true or false, got 'no'")
  expect(checkFunction('train', 'compile', Math.abs)).toBe(Math.abs)
  expect(() => checkFunction('train', 'compile', undefined, 'jit')).toThrow(
    'train: expected compile, a function (jit), got undefined',
  )
})

test('values in a few words', () => {
  expect(
    ['x'.repeat(70), [1, 2], { a: 1 }, {}, null, new Float32Array(3), new Int8Array(2), new Map(), () => 1, 5n].map(
      shown,
    ),
  ).toEqual([
    `'${'x'.repeat(60)}…'`,
    ...['an array of 2', 'an object with a', 'an object with nothing in it', 'null'],
    ...['a Float32Array of 3', 'an Int8Array of 2', 'a Map', 'a function', '5n'],
  ])
})

test('a range is shown as it is', () => {
  expect([[0.6, 0.4], [Number.NaN, 1], [1, 2, 3], [1, '2'], 3].map(shownPair)).toEqual([
    ...['[0.6, 0.4]', '[NaN, 1]', 'an array of 3', 'an array of 2', '3'],
  ])
})

test('a signal is that of an AbortController', () => {
  const { signal } = new AbortController()
  expect(checkSignal('train', signal)).toBe(signal)
  for (const wrong of [new AbortController(), null, 3, {}])
    expect(() => checkSignal('train', wrong as never)).toThrow(
      'train: expected a signal, that of an AbortController, got',
    )
})
