import '@tensorflow/tfjs-backend-cpu'
import { type ProcessConfig, processOf } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import type { WeightingConfig } from '@cascade-diffusion/losses'
import { eager } from '@cascade-diffusion/ops'
import { describe, expect, test } from 'vitest'
import { halves, tinyBase, tinyNetwork } from '../test-support.ts'
import { checkWeighting } from './check-weighting.ts'
import type { NoiseLevelsConfig } from './noise-levels/noise-levels-table.ts'
import { trainStage } from './train-stage.ts'

const weightings = {
  'min-snr': { name: 'min-snr' },
  p2: { name: 'p2' },
  'p2, gamma 0.5': { name: 'p2', gamma: 0.5 },
  edm: { name: 'edm' },
} as const satisfies Record<string, WeightingConfig>
const predictions = ['epsilon', 'x0', 'v'] as const

const steps = { schedule: { name: 'cosine', steps: 20 } } as const
const pure = { schedule: { name: 'cosine', steps: 20, zeroTerminalSnr: true } } as const
const time = { schedule: { name: 'continuous-cosine' } } as const
const onLevel = { noiseInput: 'noise-level' } as const
const uniform = { name: 'uniform' } as const
const between = { name: 'piecewise-uniform' } as const

/** By hand: the limits of the weights, which the papers give as functions of SNR ∈ (0, ∞), at the levels' ends. */
const infinite: [string, ProcessConfig, NoiseLevelsConfig, string[]][] = [
  ['discrete steps', steps, uniform, []],
  ['discrete steps, drawn by their losses', steps, { name: 'loss-second-moment' }, []],
  ['steps that end in pure noise, for x0 and v', pure, uniform, []],
  ['between steps: up to the data', { ...steps, ...onLevel }, between, ['p2, gamma 0.5 x0', 'edm x0']],
  ['continuous time, cosine: both ends', time, uniform, ['p2, gamma 0.5 x0', 'edm epsilon', 'edm x0']],
  [
    'continuous time, linear: it ends before pure noise',
    { schedule: { name: 'continuous-linear' } },
    uniform,
    ['p2, gamma 0.5 x0', 'edm x0'],
  ],
  ['log-normal, as EDM', { ...steps, ...onLevel }, { name: 'log-normal' }, []],
  [
    'log-normal, so wide that float32 overflows',
    { ...steps, ...onLevel },
    { name: 'log-normal', std: 20 },
    ['p2, gamma 0.5 x0', 'edm epsilon', 'edm x0'],
  ],
]

describe.each([
  ['compiled', jit],
  ['eagerly', eager],
] as const)('%s, weightings are refused where they are infinite', (_, compile) => {
  test.each(infinite)('%s', async (_, config, noiseLevels, expected) => {
    const refused: string[] = []
    for (const [name, weighting] of Object.entries(weightings))
      for (const prediction of predictions) {
        if (config === pure && prediction === 'epsilon') continue // refused as a process
        const process = processOf({ ...config, prediction })
        await checkWeighting({ name: 'base', process }, { name: 'simple', weighting }, noiseLevels, compile).catch(
          (error: Error) => {
            expect(error.message).toContain(
              `got ${weighting.name}, which for a prediction of ${prediction} is Infinity`,
            )
            refused.push(`${name} ${prediction}`)
          },
        )
      }
    expect(refused).toEqual(expected)
  })
})

test('the error names the level and what is finite there; no step is taken', async () => {
  const stage = {
    ...tinyBase(tinyNetwork()),
    process: processOf({ schedule: { name: 'linear', steps: 20 }, prediction: 'v' }),
  }
  const epsilon = { ...stage, process: { ...stage.process, prediction: 'epsilon' as const } }
  const loss = { name: 'simple', weighting: { name: 'edm' } } as const
  const run = { dataset: halves(4, 2), steps: 1, batchSize: 4, learningRate: 0.01, seed: 1, compile: eager, loss }
  const seen: unknown[] = []
  await expect(trainStage({ ...run, stage: epsilon, progress: (step) => seen.push(step) })).rejects.toThrow(
    "stage 'base': expected a weighting that is finite at every noise level that is trained on, got edm, " +
      'which for a prediction of epsilon is Infinity at step 19 (ᾱ = 0); ' +
      'finite everywhere: the weighting min-snr, the weighting p2, a prediction of x0, a prediction of v',
  )
  expect(seen).toEqual([])
  expect((await trainStage({ ...run, stage })).step).toBe(1)
})
