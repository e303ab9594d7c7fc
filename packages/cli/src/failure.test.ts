import { writeFile } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import { afterEach, expect, test, vi } from 'vitest'
import { commands } from './commands.ts'
import { failureOf } from './failure.ts'
import { type Call, callOf } from './program.ts'
import { UsageError } from './usage-error.ts'

const call = callOf(commands, '1', ['quickstart'], { write: () => {} }) as Call
const open = new AbortController().signal
const failure = (error: unknown, signal = open) => failureOf(error, call, signal)

afterEach(() => vi.unstubAllEnvs())

test('an error is one message; where it came from is shown if asked for', () => {
  const error = new CascadeError('data', 'photos: expected images, got none')
  expect(failure(error)).toEqual({ code: 1, kind: 'data', message: 'error: photos: expected images, got none' })
  vi.stubEnv('CASCADE_DIFFUSION_TRACE', '1')
  expect(failure(error).message).toContain('failure.test.ts')
})

test('a defect says how to find out more', () => {
  expect(failure(new TypeError('x is undefined')).message).toContain('\nCASCADE_DIFFUSION_TRACE=1 in the environment')
  expect(failure(new CascadeError('internal', 'no')).message).toContain('CASCADE_DIFFUSION_TRACE=1')
})

test('failures of the system come with what to do, also as causes', async () => {
  const full = await writeFile('/dev/full', 'x').catch((error) => error)
  const wrapped = new CascadeError('file', 'base.safetensors: could not be written', { cause: full })
  const message = 'The disk is full. Free some space and run the command again, or write elsewhere.'
  expect(failure(wrapped).message).toBe(`error: base.safetensors: could not be written\n${message}`)
  let memory: unknown
  try {
    new Float64Array(2 ** 52)
  } catch (error) {
    memory = error
  }
  expect(failure(memory).message).toMatch(/^error: .*\n(There is not enough memory|CASCADE)/)
  expect(failure(new RangeError('Array buffer allocation failed')).message).toContain('There is not enough memory.')
})

test('a damaged picture comes with what to do', () => {
  const error = new CascadeError('data', 'photos/7.jpg: could not be decoded: premature end')
  expect(failure(error).message).toContain('data prepare PATH FOLDER --unreadable skip')
})

test('wrong usage shows how the command is called', () => {
  expect(failure(new UsageError('--out: no'))).toEqual({
    code: 2,
    kind: 'usage',
    message:
      '--out: no\n\nusage: cascade-diffusion quickstart [options]\n' +
      '`npx cascade-diffusion quickstart --help` explains the options.',
  })
})

test('an interruption says what is kept; a failure while stopping is still one', () => {
  const stopped = AbortSignal.abort(new Error('Ctrl-C'))
  const kept = 'Checkpoints are kept: the same command resumes from them.'
  expect(failure(stopped.reason, stopped)).toEqual({ code: 130, kind: 'interrupted', message: `interrupted. ${kept}` })
  const error = new CascadeError('interrupted', 'base: stopped at step 3 of 10')
  expect(failure(error, stopped)).toEqual({
    code: 130,
    kind: 'interrupted',
    message: `base: stopped at step 3 of 10. ${kept}`,
  })
  expect(failure(new Error('no space'), stopped).code).toBe(1)
})
