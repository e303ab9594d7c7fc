import { join } from 'node:path'
import type { Compile } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { type BatchGradients, loadCheckpoint, type TrainOptions, type TrainResult } from '@cascade-diffusion/training'
import { encoder } from '@cascade-diffusion/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import { type TrainClassifierOptions, trainClassifier } from '../classifier/train-classifier.ts'
import type { StageNetwork } from '../stage/stage-network.ts'
import { halves, T, tinyBase, tinyNetwork } from '../test-support.ts'
import { type TrainStageOptions, trainStage } from './train-stage.ts'
import { runKeys, type TrainingRun } from './training-run.ts'

type LoopOptions = Omit<TrainOptions<unknown>, 'params' | 'loss' | 'batch' | 'memory' | 'checkpoint'>

test('the options of a run are those of the loop, but for what the model supplies', () => {
  expectTypeOf<Omit<TrainingRun, 'batchSize' | 'loading' | 'checkpoint'>>().toEqualTypeOf<LoopOptions>()
  expectTypeOf<TrainStageOptions>().toExtend<LoopOptions>()
  expectTypeOf<TrainClassifierOptions>().toExtend<LoopOptions>()
  expectTypeOf<NonNullable<TrainingRun['checkpoint']>>().toEqualTypeOf<
    Omit<NonNullable<TrainOptions<unknown>['checkpoint']>, 'kind' | 'config' | 'migrate'>
  >()
  // @ts-expect-error
  const wrong: Partial<TrainStageOptions> = { emaDecya: 0.9 }
  expect(Object.keys(runKeys)).not.toContain(Object.keys(wrong)[0])
})

const stageRun = (changes: Partial<TrainStageOptions> = {}): Promise<TrainResult> =>
  trainStage({
    stage: tinyBase(),
    dataset: halves(10, 4),
    steps: 3,
    batchSize: 4,
    learningRate: 0.01,
    seed: 3,
    compile: eager,
    ...changes,
  })

const classifier = encoder({
  resolution: 4,
  imageChannels: 1,
  classes: 2,
  baseChannels: 4,
  channelMultipliers: [1],
  residualBlocks: 1,
  normGroups: 2,
})

const classifierRun = (changes: Partial<TrainClassifierOptions> = {}): Promise<TrainResult> =>
  trainClassifier({
    classifier,
    process: { schedule: { name: 'cosine', steps: T } },
    dataset: halves(10, 4),
    steps: 3,
    batchSize: 4,
    learningRate: 0.01,
    seed: 3,
    compile: eager,
    ...changes,
  })

describe.each([
  ['trainStage', stageRun],
  ['trainClassifier', classifierRun],
])('each option of the loop reaches it from %s', (_, run) => {
  const options: Partial<LoopOptions>[] = [
    { steps: 2 },
    { seed: 4 },
    { learningRate: 0.02 },
    { learningRate: { name: 'constant', rate: 0.01, warmup: 2 } },
    { optimizer: { name: 'sgd' } },
    { optimizer: { name: 'adam', beta1: 0.5 } },
    { optimizer: { name: 'adam', beta2: 0.5 } },
    { optimizer: { name: 'adam', epsilon: 1 } },
  ]
  test.each(options)('%j', async (option) => {
    const { params } = await run(option)
    expect(params).not.toEqual((await run()).params)
  })

  test('clipNorm', async () => {
    const optimizer = { name: 'sgd' } as const
    const [small, large] = [await run({ optimizer, clipNorm: 1e-3 }), await run({ optimizer, clipNorm: 1e3 })]
    expect(small.params).not.toEqual(large.params)
    expect(await run({ optimizer, clipNorm: 1e4 })).toEqual(large)
  })

  test('averages', async () => {
    const { averages, ema } = await run({ averages: { fast: { decay: 0.01 }, slow: { decay: 0.9 } } })
    expect(Object.keys(averages)).toEqual(['fast', 'slow'])
    expect(averages.fast).not.toEqual(averages.slow)
    expect(ema).toBe(averages.fast)
  })

  test('reduce', async () => {
    const reduce = vi.fn((gradients: BatchGradients) => gradients)
    expect(await run({ reduce })).toEqual(await run())
    expect(reduce).toHaveBeenCalledTimes(3)
  })

  test('lossScaling, progress and checkpoint', async () => {
    const scales: (number | undefined)[] = []
    const path = join(temporaryFolder(), 'a.safetensors')
    await run({
      lossScaling: { initial: 32, growthInterval: 2 },
      progress: ({ lossScale }) => scales.push(lossScale),
      checkpoint: { path },
    })
    expect(scales).toEqual([32, 32, 64])
    const { settings, step } = await loadCheckpoint(path)
    expect({ settings, step }).toMatchObject({ settings: { lossScaling: { initial: 32 } }, step: 3 })
  })

  test('observe', async () => {
    const seen: number[] = []
    let last: TrainResult['averages'] | undefined
    const whole = await run({
      observe: {
        every: 2,
        async call({ step, averages }) {
          seen.push(step)
          last = await averages()
        },
      },
    })
    expect(seen).toEqual([2, 3])
    expect(last).toEqual(whole.averages)
    expect(whole).toEqual(await run())
  })

  test('compile and signal', async () => {
    const compile = vi.fn(eager) as Compile
    await run({ compile })
    expect(compile).toHaveBeenCalled()
    await expect(run({ signal: AbortSignal.abort('enough') })).rejects.toMatchObject({
      code: 'interrupted',
      name: 'AbortError',
      cause: 'enough',
    })
  })
})

describe('options for runs that diverge', () => {
  /** A network whose output is `wrong` when its call is one of those given, the first 0. */
  const failing = (wrong: number, calls: readonly number[]): StageNetwork => {
    const network = tinyNetwork()
    let call = 0
    return {
      ...network,
      apply: (...given) => {
        const output = network.apply(...given)
        return calls.includes(call++) ? (tf.mul(output, wrong) as tf.Tensor4D) : output
      },
    }
  }

  test('maxNonFinite', async () => {
    const stage = () => tinyBase(failing(Number.NaN, [1]))
    await expect(stageRun({ stage: stage() })).rejects.toMatchObject({ code: 'training' })
    expect((await stageRun({ stage: stage(), maxNonFinite: 2 })).skipped).toBe(1)
  })

  test('maxGrowth', async () => {
    const run = (maxGrowth?: number) =>
      stageRun({ stage: tinyBase(failing(1e6, [12])), steps: 14, learningRate: 1e-4, maxGrowth })
    await expect(run()).rejects.toThrow(/the loss exploded in step 13/)
    expect((await run(Number.POSITIVE_INFINITY)).step).toBe(14)
  })
})
