import '@tensorflow/tfjs-backend-cpu'
import { eager } from '@cascade-diffusion/ops'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test, vi } from 'vitest'
import { constantRate } from '../learning-rate/constant.ts'
import { cosineRate } from '../learning-rate/cosine.ts'
import { trainer } from '../step/trainer.ts'
import { checkpointIn, lineBatch, lineRun } from '../testing/test-support.ts'
import { train } from './train.ts'

const checkpoint = checkpointIn(temporaryFolder())

test.each([
  [{ averges: {} }, "train: unknown option 'averges'. Did you mean 'averages'?"],
  [{ emaDecay: 0.9 }, 'train: expected averages: { ema: { decay } }, got emaDecay'],
  [{ beta1: 0.9 }, "train: expected optimizer: { name: 'adam', beta1 }, got beta1"],
  [{ checkpont: checkpoint }, "train: unknown option 'checkpont'. Did you mean 'checkpoint'?"],
  [{ params: undefined }, 'train: expected params, a record of arrays by name, got undefined'],
  [{ params: { weight: 1 } }, "train: expected params of arrays, got 1 as 'weight'"],
  [{ loss: undefined }, 'train: expected loss, a function, got undefined'],
  [{ batch: {} }, 'train: expected batch, a function, got an object'],
  [{ steps: '20' }, "train: expected steps, an integer from 0, got '20'"],
  [{ steps: 1.5 }, 'train: expected steps, an integer from 0, got 1.5'],
  [{ seed: undefined }, 'train: expected a seed, an integer from 0, got undefined'],
  [{ compile: undefined }, 'train: expected compile, a function (jit of @cascade-diffusion/jit, or eager of'],
  [{ learningRate: undefined }, 'expected a learningRate, a number, a configuration such as'],
  [{ learningRate: '1e-3' }, "such as cosineRate gives, got '1e-3'"],
  [{ learningRate: -1 }, 'train: expected a learningRate, a number from 0, got -1'],
  [{ learningRate: { name: 'cosin', rate: 1 } }, 'train: learningRate: expected a learning rate by its name, one of'],
  [{ learningRate: { name: 'constant' } }, 'train: learningRate: expected rate, a number from 0, got undefined'],
  [{ learningRate: { name: 'cosine', rate: 1, warmUp: 3 } }, "unknown option 'warmUp'. Did you mean 'warmup'?"],
  [{ averages: { ema: { decay: 1 } } }, 'train: averages: expected ema.decay, a number from 0 to less than 1, got 1'],
  [{ averages: { ema: 0.9 } }, 'train: averages: expected ema, an object with decay, got 0.9'],
  [{ averages: { 'a.b': {} } }, "train: expected a name without dots for an average, got 'a.b'"],
  [
    { averages: JSON.parse('{ "__proto__": {} }') },
    "train: averages: expected averages by name, { ema: { decay: 0.9999 } } other than '__proto__'",
  ],
  [{ averages: { ema: { dekay: 0.9 } } }, "train: averages: unknown option 'ema.dekay'. Did you mean 'decay'?"],
  [{ lossScaling: { initial: Number.NaN } }, 'train: lossScaling: expected initial, a number above 0, got NaN'],
  [{ lossScaling: { growthInterval: 0 } }, 'train: lossScaling: expected growthInterval, an integer from 1, got 0'],
  [{ maxGrowth: '5' }, "train: expected maxGrowth, a number above 0, got '5'"],
  [{ averages: 0.9 }, 'train: averages: expected averages by name, { ema: { decay: 0.9999 } }, got 0.9'],
  [
    { optimizer: { name: 'adma' } },
    "train: optimizer: expected an optimiser by its name, one of 'adam', 'adamw', 'clip-by-global-norm',",
  ],
  [
    { optimizer: { name: 'adam', beta1: '0.9' } },
    "train: optimizer: expected beta1, a number from 0 to less than 1, got '0.9'",
  ],
  [
    { optimizer: { name: 'sgd', momentm: 0.9 } },
    "train: optimizer: unknown option 'momentm'. Did you mean 'momentum'?",
  ],
  [{ optimizer: [{ name: 'adam' }, 3] }, "train: optimizer: expected an optimiser, such as { name: 'adam' }, got 3"],
  [{ clipNorm: '1' }, "train: expected clipNorm, a number from 0, got '1'"],
  [{ reduce: true }, 'train: expected reduce, a function, got true'],
  [{ lossScaling: 'yes' }, "train: expected lossScaling, true, false or its options, got 'yes'"],
  [{ checkpoint: { ...checkpoint, everySeconds: '5' } }, "expected everySeconds from 0, got '5'"],
  [{ lossScaling: { inital: 4 } }, "train: lossScaling: unknown option 'inital'. Did you mean 'initial'?"],
  [{ lossScaling: { initial: '4' } }, "train: lossScaling: expected initial, a number above 0, got '4'"],
  [{ lossScaling: { growthInterval: 0 } }, 'train: lossScaling: expected growthInterval, an integer from 1, got 0'],
  [{ maxNonFinite: 0 }, 'train: expected maxNonFinite, an integer from 1, got 0'],
  [{ maxGrowth: -1 }, 'train: expected maxGrowth, a number above 0, got -1'],
  [{ signal: new AbortController() }, 'expected a signal, that of an AbortController, got an AbortController'],
  [{ progress: true }, 'train: expected progress, a function, got true'],
  [{ observe: { evry: 5 } }, "train: observe: unknown option 'evry'. Did you mean 'every'?"],
  [{ observe: { every: 0, call: () => {} } }, 'train: observe: expected every, in steps, an integer from 1, got 0'],
  [{ observe: { every: 5 } }, 'train: observe: expected call, a function, got undefined'],
  [{ checkpoint: 'line.safetensors' }, "train: checkpoint: expected an object of options, got 'line.safetensors'"],
  [{ checkpoint: { ...checkpoint, evry: 5 } }, "train: checkpoint: unknown option 'evry'. Did you mean 'every'?"],
  [
    { checkpoint: { path: 'line.safetensors' } },
    'train: checkpoint: expected kind, a text that says what is trained, got undefined',
  ],
  [{ checkpoint: { ...checkpoint, config: undefined } }, 'train: checkpoint: expected config, a JSON value'],
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
  expect(() => trainer(eager, loss, { emaDecay: 0.9 } as never)).toThrow(
    'trainer: expected averages: { ema: { decay } }, got emaDecay',
  )
  expect(() => trainer(eager, loss, { clipNorm: '1' } as never)).toThrow("expected clipNorm, a number from 0, got '1'")
  expect(() => trainer(eager, loss, { reduce: 3 } as never)).toThrow('trainer: expected reduce, a function, got 3')
  expect(() => trainer(undefined as never, loss)).toThrow('trainer: expected compile, a function (jit')
  expect(() => trainer(eager, undefined as never)).toThrow('trainer: expected loss, a function')
  expect(() => constantRate(1, { warmUp: 3 } as never)).toThrow("Did you mean 'warmup'?")
  expect(() => cosineRate(1, undefined as never)).toThrow('cosineRate: expected steps, a number from 0, got undefined')
  expect(() => cosineRate('1' as never, 3)).toThrow("cosineRate: expected a rate, a number from 0, got '1'")
})
