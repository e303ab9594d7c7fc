import '@tensorflow/tfjs-backend-cpu'
import { concatenate, float32, int32, type NDArray, ndarray, rows, zeros } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { linearSchedule, respace } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'
import { keepX0 } from '../model/process-x0.ts'
import type { DiffusionProcess } from '../process/process.ts'
import { givenNoise, referenceNetwork, relativeError } from '../reference-fixture.ts'
import { createSampler } from './driver.ts'
import type { Frame, SampleOptions } from './sample-options.ts'
import { ancestral } from './samplers/ancestral.ts'
import { ddim } from './samplers/ddim.ts'
import { stepsDown } from './steps.ts'

const process: DiffusionProcess = {
  schedule: linearSchedule(25),
  prediction: 'epsilon',
  variance: 'fixed-small',
  noiseInput: 'timestep',
}
const sampler = ancestral()
const model = createSampler({ network: referenceNetwork, process, sampler, compile: eager })
const run = { shape: [3, 2, 2, 3], condition: undefined, rng: rng(7) } satisfies SampleOptions<undefined>

async function framesOf(options: SampleOptions<undefined>): Promise<Frame[]> {
  const frames: Frame[] = []
  for await (const frame of model.stream(options)) frames.push(frame)
  return frames
}

test('streams a frame for each step, whose arrays stay as they are', async () => {
  const frames = await framesOf(run)
  expect(frames.map(({ step, stepsLeft, t }) => [step, stepsLeft, t])).toEqual(
    stepsDown(24).map((t, i) => [i, t, t - 1]),
  )
  expect(await model.sample(run)).toEqual(frames.at(-1)!.xt)
  expect(new Set(frames.flatMap(({ xt, x0 }) => [xt.data, x0.data])).size).toBe(2 * 25)
  // The last step adds no noise, and its mean is the predicted data.
  expect(relativeError(frames.at(-1)!.xt.data, frames.at(-1)!.x0.data)).toBeLessThan(1e-6)
})

test('the same key gives the same images, another key others', async () => {
  const sample = await model.sample(run)
  expect(await model.sample(run)).toEqual(sample)
  expect(relativeError((await model.sample({ ...run, rng: rng(8) })).data, sample.data)).toBeGreaterThan(0.1)
})

test('a set may be cut into batches anywhere', async () => {
  const whole = await model.sample({ ...run, shape: [5, 2, 2, 3] })
  const first = await model.sample({ ...run, shape: [2, 2, 2, 3] })
  const rest = await model.sample({ ...run, shape: [3, 2, 2, 3], firstIndex: 2 })
  expect(concatenate([first, rest])).toEqual(whole)
})

test('a stopped run resumes as if it had not been stopped', async () => {
  const frames = await framesOf(run)
  const stopped = await model.sample({ ...run, stop: 6 })
  expect(stopped).toEqual(frames.find(({ t }) => t === 6)!.xt)
  expect(await model.sample({ ...run, steps: stepsDown(6), initial: stopped })).toEqual(frames.at(-1)!.xt)
})

test.each([ancestral(), ancestral({ variance: 'fixed-large' }), ddim(), ddim({ eta: 1 })])(
  'a subset of the steps is the respaced process: $name',
  async (sampler) => {
    const schedule = linearSchedule(41)
    const respaced = { ...process, schedule: respace(schedule, 11) }
    const common = { network: referenceNetwork, sampler, compile: eager }
    // The noise of step 4 t of the one is that of step t of the other.
    const noise = (t: number) => rng(t).normal([3, 2, 2, 3])
    const key = (stride: number) => givenNoise((path) => noise(Number(path.replace('noise.', '')) / stride))
    const options = { shape: run.shape, condition: undefined, initial: noise(99) }
    const some = await createSampler({ ...common, process: { ...process, schedule } }).sample({
      ...options,
      rng: key(4),
      steps: stepsDown(10).map((t) => 4 * t),
    })
    const all = await createSampler({ ...common, process: respaced }).sample({ ...options, rng: key(1) })
    expect(relativeError(some.data, all.data)).toBeLessThan(1e-6)
  },
)

test('compiles one step for all timesteps, and hands the condition to the network', async () => {
  const network = vi.fn((xt: tf.Tensor4D, _: tf.Tensor1D, { shift }: { shift: tf.Tensor1D }) =>
    tf.add<tf.Tensor4D>(tf.mul(xt, 0), tf.reshape(shift, [shift.shape[0], 1, 1, 1])),
  )
  const conditional = createSampler<{ shift: tf.Tensor1D }>({
    network,
    process,
    sampler: ddim(),
    compile: jit,
    processX0: keepX0,
  })
  const initial = zeros([3, 2, 2, 3])
  const sample = await conditional.sample({ ...run, initial, condition: { shift: float32([0, 1, -2]) } })
  expect(network).toHaveBeenCalledTimes(1)
  // With a constant ε, DDIM moves x along it: x0 = -√(1 - ᾱ) / √ᾱ ε from x_t = 0.
  const a = process.schedule.alphasCumprod[24]!
  const expected = [0, 1, -2].flatMap((shift) => Array(12).fill((-Math.sqrt(1 - a) / Math.sqrt(a)) * shift))
  expect(relativeError(sample.data, expected)).toBeLessThan(1e-5)
})

test('stops before the next step when aborted', async () => {
  const controller = new AbortController()
  const reached: number[] = []
  const aborted = async () => {
    for await (const { t } of model.stream({ ...run, signal: controller.signal })) {
      reached.push(t)
      if (t === 10) controller.abort(new Error('enough'))
    }
  }
  await expect(aborted()).rejects.toMatchObject({ code: 'interrupted', name: 'AbortError', cause: new Error('enough') })
  expect(reached.at(-1)).toBe(10)
})

test('values that are not finite end the run with the step that made them', async () => {
  const network = (xt: tf.Tensor4D, noise: tf.Tensor1D) =>
    tf.add<tf.Tensor4D>(xt, tf.reshape(tf.sqrt(tf.sub(noise, 9)), [3, 1, 1, 1]))
  const broken = createSampler({ network, process, sampler, compile: eager })
  await expect(broken.sample(run)).rejects.toThrow(
    'sample: expected the images after timestep 8 of finite values, got NaN at 0',
  )
})

const nan = ndarray(new Float32Array(36).fill(Number.NaN), [3, 2, 2, 3]) as NDArray<'float32'>

test.each<[string, Partial<SampleOptions<undefined>>, string]>([
  ['steps that do not decrease', { steps: [7, 3, 5] }, 'sample: expected timesteps to decrease, got 3, 5'],
  ['a step twice', { steps: [7, 7] }, 'sample: expected timesteps to decrease, got 7, 7'],
  ['a step outside the process', { steps: [25, 3] }, 'sample: expected timesteps from 0 to 24, got 25'],
  ['a step that is no number', { steps: [Number.NaN] }, 'sample: expected timesteps from 0 to 24, got NaN'],
  ['no step', { steps: [] }, 'sample: expected at least one timestep, got none'],
  ['no step above the stop', { steps: [7, 3], stop: 7 }, 'sample: expected a step above the stop at 7 (alpha'],
  ['a stop outside', { stop: -2 }, 'sample: expected stops from 0 to 24, or -1 for the data, got -2'],
  ['another shape', { initial: rows(nan, 0, 2) }, 'expected initial images float32 [3,2,2,3], got float32 [2,2,2,3]'],
  ['NaN', { initial: nan }, 'sample: expected initial images of finite values, got NaN at 0'],
  [
    'an odd shape',
    { shape: [3, 2, 2] },
    'expected a shape [n, height, width, channels] of positive integers, got [3,2,2]',
  ],
  ['a negative index', { firstIndex: -1 }, 'sample: expected a firstIndex of at least 0, got -1'],
  [
    'a condition of other examples',
    { condition: { label: int32([1, 2]) } as never },
    "sample: expected condition 'label' for 3 images, got [2]",
  ],
])('refuses %s before the first step', async (_, options, message) => {
  const network = vi.fn(referenceNetwork)
  const { sample } = createSampler({ network, process, sampler, compile: eager })
  await expect(sample({ ...run, ...options })).rejects.toThrow(message)
  expect(network).not.toHaveBeenCalled()
})

test('refuses to predict from a step where nothing of the data is left', async () => {
  const schedule = linearSchedule(20)
  const { sample } = createSampler({
    network: referenceNetwork,
    process: { ...process, schedule },
    sampler,
    compile: eager,
  })
  await expect(sample(run)).rejects.toThrow('sample: nothing of the data is left at timestep 19')
})

test('DDIM refuses an eta that asks for more noise than there is', async () => {
  expect(() => ddim({ eta: -1 })).toThrow('ddim: expected an eta of at least 0, got -1')
  const { sample } = createSampler({ network: referenceNetwork, process, sampler: ddim({ eta: 40 }), compile: eager })
  await expect(sample(run)).rejects.toThrow('with eta 40')
})
