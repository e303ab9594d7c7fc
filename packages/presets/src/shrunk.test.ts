import { expect, expectTypeOf, test } from 'vitest'
import { presetNetwork } from './build.ts'
import { pipelines } from './pipelines.ts'
import { shrunk } from './shrunk.ts'

const size = { baseChannels: 32, trainingSteps: 2, batchSize: 2 }

/** The paths at which two JSON values differ, with both values. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return []
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b || Array.isArray(a))
    return [`${path.slice(1)}: ${JSON.stringify(a)} to ${JSON.stringify(b)}`]
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].flatMap((name) =>
    differences(a[name as keyof typeof a], b[name as keyof typeof b], `${path}.${name}`),
  )
}

test('only what the options name is changed: widths, training and batches', () => {
  for (const pipeline of Object.values(pipelines)) {
    const small = shrunk(pipeline, size)
    for (const [i, preset] of pipeline.entries()) {
      const changed = differences(preset, small[i]).map((line) => line.split(':')[0])
      const heads = preset.stage.network.attentionHeadChannels ? ['stage.network.attentionHeadChannels'] : []
      expect(changed, preset.name).toEqual([
        'stage.network.baseChannels',
        ...heads,
        'training.steps',
        'training.batchSize',
      ])
    }
  }
})

test('with all options it is every size, in proportion, and the steps', () => {
  const all = { ...size, baseChannels: 8, residualBlocks: 1, divisor: 4, samplingSteps: 5 }
  const [base, , last] = pipelines['imagenet-256']
  const [smallBase, , smallLast] = shrunk(pipelines['imagenet-256'], all)
  expect(differences(base, smallBase)).toEqual([
    'stage.resolution: 32 to 8',
    'stage.network.baseChannels: 256 to 8',
    'stage.network.residualBlocks: 6 to 1',
    'stage.network.attentionResolutions: [8,16] to [2,4]',
    'training.steps: 700000 to 2',
    'training.batchSize: 2048 to 2',
    'inference.steps: 4000 to 5',
  ])
  expect(differences(last, smallLast)).toEqual([
    'stage.resolution: 256 to 64',
    'stage.lowResolution: 64 to 16',
    'stage.network.baseChannels: 128 to 8',
    'stage.network.residualBlocks: 3 to 1',
    'stage.network.attentionResolutions: [16] to [4]',
    'training.steps: 500000 to 2',
    'training.batchSize: 1024 to 2',
    'inference.steps: 100 to 5',
  ])
  const [lsun] = shrunk(pipelines.lsun, all)
  expect(lsun.stage.network.attentionHeadChannels).toBe(4) // 64 of 128, so 4 of 8
  expect(shrunk(pipelines.lsun, { ...all, samplingSteps: 1000 })[0].inference.steps).toBe(256)
  expect(presetNetwork(smallLast)).toMatchObject({ resolution: 64, numClasses: 1000 })
})

test('the pipeline keeps its type', () => {
  expectTypeOf(shrunk(pipelines.lsun, size)).toEqualTypeOf<typeof pipelines.lsun>()
})

test('refuses what is missing, unknown or does not divide', () => {
  const wrong = (options: object) => () => shrunk(pipelines['imagenet-256'], { ...size, ...options })
  expect(wrong({ residualBlock: 1 })).toThrow("Did you mean 'residualBlocks'?")
  expect(wrong({ trainingSteps: undefined })).toThrow('expected trainingSteps, an integer from 1, got undefined')
  expect(wrong({ batchSize: 0 })).toThrow('expected batchSize, an integer from 1, got 0')
  expect(wrong({ samplingSteps: 1.5 })).toThrow('expected samplingSteps, an integer from 1, got 1.5')
  expect(wrong({ divisor: 3 })).toThrow("expected a divisor of 32, a resolution of 'imagenet-32', got 3")
  expect(() => shrunk('lsun' as never, size)).toThrow('shrunk: expected a pipeline, as pipelineNamed gives')
})
