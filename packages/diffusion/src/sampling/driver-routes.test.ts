import '@tensorflow/tfjs-backend-cpu'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { continuousCosine, linearSchedule, toDiscrete } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'
import { noiseLevel } from '../process/noise-level.ts'
import type { DiffusionProcess } from '../process/process.ts'
import { givenNoise, referenceNetwork, relativeError } from '../reference-fixture.ts'
import { createSampler } from './driver.ts'
import { repaintRestarts } from './restart.ts'
import type { Frame, SampleOptions } from './sample-options.ts'
import { ancestral } from './samplers/ancestral.ts'
import { ddim } from './samplers/ddim.ts'
import { ddimInversion } from './samplers/ddim-inversion.ts'
import { dpmSolver } from './samplers/dpm-solver.ts'
import { heun } from './samplers/heun.ts'
import type { Sampler } from './samplers/sampler.ts'
import { unipc } from './samplers/unipc.ts'
import { stepsDown } from './steps.ts'

const process: DiffusionProcess = {
  schedule: linearSchedule(25),
  prediction: 'epsilon',
  variance: 'fixed-small',
  noiseInput: 'timestep',
}
const samplerOf = (sampler: Sampler) => createSampler({ network: referenceNetwork, process, sampler, compile: eager })
const model = samplerOf(ancestral())
const run = { shape: [3, 2, 2, 3], condition: undefined, rng: rng(7) } satisfies SampleOptions<undefined>
const images = ndarray(
  rng(2)
    .normal([36])
    .data.map((v) => Math.tanh(v)),
  run.shape,
)

/** Images with noise, by the forward process. */
function noised({ data }: NDArray, from: number, to: number, noise: ArrayLike<number>): NDArray<'float32'> {
  const signal = noiseLevel(process.schedule, to).alpha / noiseLevel(process.schedule, from).alpha
  return ndarray(
    Float32Array.from(data, (x, i) => signal * x + Math.sqrt(1 - signal ** 2) * noise[i]!),
    run.shape,
  )
}

test.each([
  ['the data', -1],
  ['a step', 3],
])('begins with images at %s, and the noise that is missing', async (_, initialStep) => {
  const initial = noised(images, initialStep, 12, rng(7).fold('initial').normal(run.shape).data)
  const steps = stepsDown(12)
  const expected = await model.sample({ ...run, steps, initial })
  const sample = await model.sample({ ...run, steps, initial: images, initialStep })
  expect(relativeError(sample.data, expected.data)).toBeLessThan(1e-5)
})

test('noises a finished sample to a step and samples again from there, a given number of times', async () => {
  const once = await model.sample(run)
  const again = (pass: number, initial: NDArray<'float32'>) => {
    const key = run.rng.fold('restart').fold(pass)
    return model.sample({ ...run, steps: stepsDown(12), initial, initialStep: -1, rng: key })
  }
  const twice = await again(2, await again(1, once))
  const restarts = [{ at: -1, to: 12, times: 2 }]
  expect(relativeError((await model.sample({ ...run, restarts })).data, twice.data)).toBeLessThan(1e-5)
})

test('restarts on the way: the frames go up and down again', async () => {
  const ts: number[] = []
  const restarts = repaintRestarts(stepsDown(7), { jump: 4, times: 2 })
  expect(restarts).toEqual([
    { at: 3, to: 7, times: 1 },
    { at: -1, to: 3, times: 1 },
  ])
  for await (const { t } of model.stream({ ...run, steps: stepsDown(7), restarts })) ts.push(t)
  expect(ts).toEqual([6, 5, 4, 3, 6, 5, 4, 3, 2, 1, 0, -1, 2, 1, 0, -1])
})

test.each([dpmSolver(), unipc(), heun()])('$name remembers nothing across a restart', async (sampler) => {
  const other = samplerOf(sampler)
  const again = await other.sample({
    ...run,
    initial: await other.sample(run),
    initialStep: -1,
    steps: stepsDown(12),
    rng: run.rng.fold('restart').fold(1),
  })
  const sample = await other.sample({ ...run, restarts: [{ at: -1, to: 12 }] })
  expect(relativeError(sample.data, again.data)).toBeLessThan(1e-5)
})

test('a hook sees every frame, and may put other images in their place', async () => {
  const seen: Frame[] = []
  const steps = stepsDown(9)
  const afterStep = (frame: Frame) => {
    seen.push(frame)
    return frame.t === 4 ? images : undefined
  }
  const sample = await model.sample({ ...run, steps, afterStep })
  expect(seen.map(({ t }) => t)).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0, -1])
  expect(await model.sample({ ...run, steps: stepsDown(4), initial: images })).toEqual(sample)
  const broken = { ...run, afterStep: () => ndarray(new Float32Array(2), [2]) }
  await expect(model.sample(broken)).rejects.toThrow(
    'sample: expected images of afterStep float32 [3,2,2,3], got float32 [2]',
  )
})

test('a run in continuous time takes the steps of the discrete process of the same levels', async () => {
  const continuous = createSampler({
    network: (xt, time) => referenceNetwork(xt, tf.sub(tf.mul(time, 20), 1)),
    process: { ...process, schedule: continuousCosine() },
    sampler: ancestral(),
    compile: eager,
  })
  const discrete = createSampler({
    network: referenceNetwork,
    process: { ...process, schedule: toDiscrete(continuousCosine(), 20) },
    sampler: ancestral(),
    compile: eager,
  })
  const noise = (t: number) => rng(Math.round(t)).normal(run.shape)
  const key = (step: (t: number) => number) => givenNoise((path) => noise(step(Number(path.replace('noise.', '')))))
  const initial = noise(99)
  // From the second step: the last of the cosine schedule is clipped when it is made discrete.
  const steps = stepsDown(18)
  const expected = await discrete.sample({ ...run, steps, initial, rng: key((t) => t) })
  const times = steps.map((t) => (t + 1) / 20)
  const sample = await continuous.sample({ ...run, steps: times, initial, rng: key((t) => 20 * t - 1) })
  expect(relativeError(sample.data, expected.data)).toBeLessThan(1e-5)
})

test('fractional steps lead from level to level as whole ones do', async () => {
  // An x0 that stays the same: DDIM goes straight to alpha x0 + sigma ε, by whichever steps.
  const constant = createSampler({
    network: (xt) => tf.zerosLike(xt),
    process: { ...process, prediction: 'x0' },
    sampler: ddim(),
    compile: eager,
  })
  const sample = await constant.sample({ ...run, initial: images, steps: [24, 12.5, 3.25], stop: 2 })
  const ratio = noiseLevel(process.schedule, 2).sigma / noiseLevel(process.schedule, 24).sigma
  expect(
    relativeError(
      sample.data,
      images.data.map((x) => ratio * x),
    ),
  ).toBeLessThan(1e-5)
})

test('DDIM inversion finds the noise of images, more exactly with more steps', async () => {
  const error = async (T: number) => {
    const common = { network: referenceNetwork, process: { ...process, schedule: linearSchedule(T) }, compile: eager }
    const up = createSampler({ ...common, sampler: ddimInversion() })
    const down = createSampler({ ...common, sampler: ddim() })
    const steps = Array.from({ length: T * 0.6 }, (_, t) => t)
    const noise = await up.sample({ ...run, initial: images, steps, stop: T * 0.6 })
    const back = await down.sample({ ...run, initial: noise, steps: stepsDown(T * 0.6, 1), stop: 0 })
    return relativeError(back.data, images.data)
  }
  const [coarse, fine] = [await error(50), await error(200)]
  expect(fine).toBeLessThan(0.02)
  expect(coarse / fine).toBeGreaterThan(3)
})

test.each([
  ...[ancestral(), ddim({ eta: 0.7 }), dpmSolver(), dpmSolver({ eta: 1 }), heun({ churn: 5 }), unipc({ order: 3 })],
])('$name gives the same images compiled and eagerly, also in parts', async (sampler) => {
  const network = vi.fn(referenceNetwork)
  const compiled = createSampler({ network, process, sampler, compile: jit })
  const options = { ...run, steps: [24, 20, 14, 9, 5, 2, 0] }
  const expected = await samplerOf(sampler).sample(options)
  expect(relativeError((await compiled.sample(options)).data, expected.data)).toBeLessThan(1e-5)
  expect(network).toHaveBeenCalledTimes(1)
  const second = await compiled.sample({ ...options, shape: [1, 2, 2, 3], firstIndex: 1 })
  expect(relativeError(second.data, expected.data.subarray(12, 24))).toBeLessThan(1e-5)
  await compiled.dispose()
})

test('nothing is left of a run, finished, aborted or left early', async () => {
  const churned = samplerOf(heun({ churn: 5 }))
  await churned.sample(run)
  const before = tf.memory().numTensors
  await churned.sample({ ...run, restarts: [{ at: -1, to: 3 }] })
  await expect(churned.sample({ ...run, afterStep: () => Promise.reject(new Error('enough')) })).rejects.toThrow(
    'enough',
  )
  for await (const { t } of churned.stream(run)) if (t === 20) break
  expect(tf.memory().numTensors).toBe(before)
})

test.each<[string, Sampler, Partial<SampleOptions<undefined>>, string]>([
  ['an initialStep without images', ancestral(), { initialStep: -1 }, 'expected initial images for the initialStep -1'],
  [
    'an initialStep above the first step',
    ancestral(),
    { initial: images, initialStep: 9, steps: [7] },
    'expected an initialStep of at most the first step 7 of ancestral, got 9',
  ],
  ['a restart down', ancestral(), { restarts: [{ at: 9, to: 3 }] }, 'expected restarts from a step of the run up'],
  ['a restart to a step left out', ancestral(), { steps: [9, 3], restarts: [{ at: -1, to: 4 }] }, 'got -1 to 4'],
  ['half a restart', ancestral(), { restarts: [{ at: -1, to: 3, times: 0.5 }] }, 'to restart from -1, got 0.5'],
  ['inversion of nothing', ddimInversion(), {}, 'expected initial images for ddim-inversion, which goes upwards'],
  [
    'inversion downwards',
    ddimInversion(),
    { initial: images, steps: [3, 2] },
    'expected timesteps to increase, got 3, 2',
  ],
  ['restarts upwards', ddimInversion(), { initial: images, restarts: [{ at: 0, to: 3 }] }, 'expected no restarts'],
])('refuses %s before the first step', async (_, sampler, options, message) => {
  const network = vi.fn(referenceNetwork)
  const { sample } = createSampler({ network, process, sampler, compile: eager })
  await expect(sample({ ...run, ...options })).rejects.toThrow(message)
  expect(network).not.toHaveBeenCalled()
})

test('refuses a process in continuous time without steps, and options out of range', async () => {
  const continuous = { ...process, schedule: continuousCosine() }
  const { sample } = createSampler({ network: referenceNetwork, process: continuous, sampler: ddim(), compile: eager })
  await expect(sample(run)).rejects.toThrow('sample: expected steps, since a process in continuous time has no default')
  await expect(sample({ ...run, steps: [1.5, 0.5] })).rejects.toThrow('sample: expected timesteps from 0 to 1, got 1.5')
  expect(() => dpmSolver({ eta: 2 })).toThrow('dpmSolver: expected an eta from 0 to 1, got 2')
  expect(() => heun({ churn: -1 })).toThrow('heun: expected churn')
  expect(() => unipc({ order: 4 as never })).toThrow('unipc: expected an order of 1, 2 or 3, got 4')
  expect(() => repaintRestarts([1], { jump: 0 })).toThrow('repaintRestarts: expected a jump')
})
