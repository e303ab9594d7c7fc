import '@tensorflow/tfjs-backend-cpu'
import { eager } from '@cascade-diffusion/ops'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test, vi } from 'vitest'
import { trainer } from '../step/trainer.ts'
import { checkpointIn, lineBatch, lineRun } from '../testing/test-support.ts'
import { constantRate, cosineRate } from './learning-rate.ts'
import { train } from './train.ts'

const checkpoint = checkpointIn(temporaryFolder())

test.each([
  [{ emaDecey: 0.9 }, "train: unknown option 'emaDecey'. Did you mean 'emaDecay'?"],
  [{ checkpont: checkpoint }, "train: unknown option 'checkpont'. Did you mean 'checkpoint'?"],
  [{ params: undefined }, 'train: expected params, a record of arrays by name, got undefined'],
  [{ params: { weight: 1 } }, "train: expected params of arrays, got 1 as 'weight'"],
  [{ loss: undefined }, 'train: expected loss, a function, got undefined'],
  [{ batch: {} }, 'train: expected batch, a function, got an object'],
  [{ steps: '20' }, "train: expected steps from 0, got '20'"],
  [{ steps: 1.5 }, 'train: expected steps from 0, got 1.5'],
  [{ seed: undefined }, 'train: expected a seed, an integer from 0, got undefined'],
  [{ compile: undefined }, 'train: expected compile, a function (jit of @cascade-diffusion/jit, or eager of'],
  [{ learningRate: undefined }, 'expected a learningRate, a number or a function of the step'],
  [{ learningRate: '1e-3' }, "such as cosineRate gives, got '1e-3'"],
  [{ emaDecay: 1 }, 'train: expected emaDecay, a number from 0 to less than 1, got 1'],
  [{ beta1: '0.9' }, "train: expected beta1, a number from 0 to less than 1, got '0.9'"],
  [{ lossScaling: 'yes' }, "train: expected lossScaling, true, false or its options, got 'yes'"],
  [{ checkpoint: { ...checkpoint, everySeconds: '5' } }, "expected everySeconds from 0, got '5'"],
  [{ lossScaling: { inital: 4 } }, "train: lossScaling: unknown option 'inital'. Did you mean 'initial'?"],
  [{ maxNonFinite: 0 }, 'train: expected maxNonFinite, an integer from 1, got 0'],
  [{ maxGrowth: -1 }, 'train: expected maxGrowth, a number above 0, got -1'],
  [{ signal: new AbortController() }, 'expected a signal, that of an AbortController, got a AbortController'],
  [{ progress: true }, 'train: expected progress, a function, got true'],
  [{ checkpoint: 'line.safetensors' }, "train: checkpoint: expected an object of options, got 'line.safetensors'"],
  [{ checkpoint: { ...checkpoint, evry: 5 } }, "train: checkpoint: unknown option 'evry'. Did you mean 'every'?"],
  [
    { checkpoint: { ...checkpoint, every: 0 } },
    'train: checkpoint: expected every, in steps, an integer from 1, got 0',
  ],
  [{ checkpoint: { ...checkpoint, everySeconds: '5m' } }, "checkpoint: expected everySeconds from 0, got '5m'"],
])('%j is refused before the first batch', async (wrong, message) => {
  const batch = vi.fn(lineBatch)
  await expect(train({ ...lineRun({ batch }), ...wrong } as never)).rejects.toThrow(message)
  expect(batch).not.toHaveBeenCalled()
})

test('a trainer and learning rates that are wrong', () => {
  const { loss } = lineRun()
  expect(() => trainer(eager, loss, { clipnorm: 1 } as never)).toThrow("trainer: unknown option 'clipnorm'")
  expect(() => trainer(eager, loss, { clipNorm: '1' } as never)).toThrow("expected clipNorm, a number from 0, got '1'")
  expect(() => trainer(eager, loss, { emaDecay: Number.NaN })).toThrow('expected emaDecay, a number from 0, got NaN')
  expect(() => trainer(undefined as never, loss)).toThrow('trainer: expected compile, a function (jit')
  expect(() => trainer(eager, undefined as never)).toThrow('trainer: expected loss, a function')
  expect(() => constantRate(1, { warmUp: 3 } as never)).toThrow("Did you mean 'warmup'?")
  expect(() => cosineRate(1, undefined as never)).toThrow('cosineRate: expected steps, a number from 0, got undefined')
  expect(() => cosineRate('1' as never, 3)).toThrow("cosineRate: expected a rate, a number from 0, got '1'")
})
