import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { float32 } from '@cascade-diffusion/arrays'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { describe, expect, test } from 'vitest'
import type { TrainOptions } from '../loop/options.ts'
import { train } from '../loop/train.ts'
import { type LineBatch, lineBatch, lineLossAndEach, lineRun } from '../testing/test-support.ts'
import { loadCheckpoint, loadEma } from './checkpoint.ts'

/** Files that an earlier version wrote after steps 7 and 20 of 20. */
const fixture = (name: string, step: number) =>
  join(import.meta.dirname, '..', 'fixtures', `${name}-step-${step}.safetensors`)

const description = { kind: 'line', config: { features: 2 } }

/** A run with every setting, whose batches depend on the losses before. */
const remembering: Partial<TrainOptions<LineBatch>> = {
  loss: lineLossAndEach,
  optimizer: { name: 'adam', beta1: 0.8, beta2: 0.99, epsilon: 1e-6 },
  clipNorm: Number.POSITIVE_INFINITY,
  averages: { ema: { decay: 0.5 } },
  lossScaling: { initial: 1024, growthInterval: 5 },
  learningRate: (step) => 0.05 / (1 + step),
  memory: {
    initial: { sum: float32([0]) },
    record: ({ sum }, _, losses) => ({ sum: float32([sum!.data[0]! + losses.reduce((a, b) => a + b)]) }),
  },
  batch(step, rng, { sum }) {
    const { x, y } = lineBatch(step, rng)
    return { x, y: float32(y.data.map((v) => v + 0.1 * Math.sin(sum!.data[0]!))) }
  },
}

describe.each([
  ['form-1', {}],
  ['form-1-memory', remembering],
])('%s', (name, options) => {
  test('a run resumes from it, and ends as it did then, to the last bit', async () => {
    const path = join(temporaryFolder(), 'line.safetensors')
    cpSync(fixture(name, 7), path)
    const steps: number[] = []
    const progress = ({ step }: { step: number }) => steps.push(step)
    const { params, ema, losses } = await train(lineRun({ ...options, checkpoint: { path, ...description }, progress }))
    expect(steps).toEqual(Array.from({ length: 13 }, (_, i) => 8 + i))
    const expected = await loadCheckpoint(fixture(name, 20))
    const made = await loadCheckpoint(path)
    expect(made).toEqual(expected)
    expect({ params, ema, losses }).toEqual({
      params: expected.state.params,
      ema: expected.state.averages.ema,
      losses: expected.losses,
    })
  })

  test('its average is read', async () => {
    const { state } = await loadCheckpoint(fixture(name, 20))
    const { params, kind, config, step } = await loadEma(fixture(name, 20))
    expect({ params, kind, config, step }).toEqual({ params: state.averages.ema, ...description, step: 20 })
    expect(Object.keys(params)).toEqual(['weight', 'bias'])
    await expect(loadEma(fixture(name, 20), { average: 'slow' })).rejects.toThrow("one of 'ema'; got 'slow'")
  })
})

test('other settings are refused in the words of now', async () => {
  const path = join(temporaryFolder(), 'runs', 'line.safetensors')
  mkdirSync(join(path, '..'))
  cpSync(fixture('form-1', 7), path)
  const other = lineRun({ checkpoint: { path, ...description }, optimizer: { name: 'adam', beta1: 0.5 } })
  await expect(train(other)).rejects.toThrow('optimizer.1.beta1: 0.9 in the checkpoint, 0.5 now')
})

test('a file without the settings of its optimiser is refused', async () => {
  const path = join(temporaryFolder(), 'line.safetensors')
  const metadata = { format: 'cascade-diffusion training 1', kind: 'line', config: '{}', step: '0', seed: '1' }
  await writeSafetensors(path, { 'params.x': float32([1]), losses: float32([]) }, metadata)
  await expect(loadCheckpoint(path)).rejects.toThrow('expected the settings of its optimiser, got null')
})
