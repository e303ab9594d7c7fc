import '@tensorflow/tfjs-backend-cpu'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { cosineSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import * as library from '../index.ts'

/** The package as JavaScript sees it. */
// biome-ignore lint/suspicious/noExplicitAny: calls that types would refuse
const js = library as any
const schedule = cosineSchedule(10)
const process = { schedule, prediction: 'epsilon', variance: 'fixed-large', noiseInput: 'timestep' } as const
const network: library.Network = (xt) => tf.mul(xt, 0.5)
const model = { network, process }
const whole = { ...model, sampler: library.ddim(), compile: eager }
const run = { shape: [2, 4, 4, 1], rng: rng(1) }
const images = rng(2).normal(run.shape)
const denoise = library.denoiser(model)
/** A run of a sampler, other options in place of the usual. */
const sample = (options: object, create: object = {}) =>
  js.createSampler({ ...whole, ...create }).sample({ ...run, ...options })
const create = (options: object) => js.createSampler({ ...whole, ...options })
const noKey = 'expected a key of random numbers (rng(1) of @cascade-diffusion/random)'

test('what a run does not use may be omitted', async () => {
  const sampler = library.createSampler(whole)
  const expected = await sampler.sample({ ...run, condition: undefined })
  expect(await sampler.sample(run)).toEqual(expected)
  const initial = rng(1).fold('initial').normal(run.shape)
  expect(await sampler.sample({ shape: run.shape, initial })).toEqual(expected)
})

test('a label outside the table of the network, eagerly and compiled', async () => {
  const table = float32([1, 2, 3])
  const labelled = (xt: tf.Tensor4D, _: tf.Tensor1D, { label }: { label: tf.Tensor1D }): tf.Tensor4D =>
    tf.add(xt, tf.reshape(tf.gather(tf.tensor1d(table.data), label), [-1, 1, 1, 1]))
  for (const compile of [eager, jit]) {
    const sampler = library.createSampler({ ...whole, network: labelled, compile })
    await sampler.sample({ ...run, condition: { label: int32([0, 2]) } })
    await expect(sampler.sample({ ...run, condition: { label: int32([0, 3]) } })).rejects.toThrow(
      'sample: an index of the network is outside its table, most likely a label',
    )
    // @ts-expect-error the network takes a condition
    await expect(sampler.sample(run)).rejects.toThrow()
    await sampler.dispose()
  }
})

test.each([
  ['no rng', () => sample({ rng: undefined }), `sample: ${noKey}, since it starts from noise, got undefined`],
  [
    'no rng for ancestral()',
    () => sample({ rng: undefined, initial: images }, { sampler: library.ancestral() }),
    `${noKey}, since ancestral draws noise in each step, got undefined`,
  ],
  [
    'no rng to noise images',
    () => sample({ rng: undefined, initial: images, initialStep: -1 }),
    `${noKey}, since it noises the images first, got`,
  ],
  ['a number as rng', () => sample({ rng: 1 }), `${noKey}, since it starts from noise, got 1`],
  ['no options', () => js.createSampler(whole).sample(), 'sample: expected an object of options, got undefined'],
  ['a misspelt option', () => sample({ step: [3] }), "sample: unknown option 'step'. Did you mean 'steps'?"],
  [
    'a number as shape',
    () => sample({ shape: 4 }),
    'sample: expected a shape [n, height, width, channels] of positive integers, got 4',
  ],
  [
    'a number of steps',
    () => sample({ steps: 5 }),
    'sample: expected steps, a list of them (spacedSteps(process, 10) makes one), got 5',
  ],
  [
    'a spacing as steps',
    () => sample({ steps: 'ddim5' }),
    "sample: expected steps, a list of them (spacedSteps(process, 10) makes one), got 'ddim5'",
  ],
  ['steps as text', () => sample({ steps: ['9', '0'] }), "sample: expected timesteps from 0 to 9, got '9'"],
  ['NaN among the steps', () => sample({ steps: [9, Number.NaN] }), 'sample: expected timesteps from 0 to 9, got NaN'],
  ['a stop as text', () => sample({ stop: '3' }), "sample: expected stops from 0 to 9, or -1 for the data, got '3'"],
  ['a restart as a number', () => sample({ restarts: 3 }), 'sample: expected restarts, a list of { at, to }, got 3'],
  ['numbers as restarts', () => sample({ restarts: [3] }), 'sample: expected a restart, { at, to }, got 3'],
  [
    'initial images as a list',
    () => sample({ initial: [0, 1] }),
    'sample: expected initial images float32 [2,4,4,1], got an array of 2',
  ],
  [
    'initial images of bytes',
    () => sample({ initial: int32(Array(32).fill(255), [2, 4, 4, 1]) }),
    'got int32 [2,4,4,1]',
  ],
  [
    'a condition as a list',
    () => sample({ condition: { label: [1, 2] } }),
    "sample: expected condition 'label' of host arrays (int32([3, 7])",
  ],
  [
    'a condition as a typed array',
    () => sample({ condition: { label: Int32Array.of(1, 2) } }),
    'got an Int32Array of 2',
  ],
  [
    'a condition as a number',
    () => sample({ condition: 3 }),
    'sample: expected condition of host arrays (int32([3, 7]) of @cascade-diffusion/arrays, …), got 3',
  ],
  ['a place as text', () => sample({ firstIndex: '2' }), "sample: expected a firstIndex of at least 0, got '2'"],
  [
    'afterStep that is none',
    () => sample({ afterStep: true }),
    'sample: expected afterStep, a function of a frame, got true',
  ],
  [
    'a controller as signal',
    () => sample({ signal: new AbortController() }),
    'sample: expected a signal, that of an AbortController, got an AbortController',
  ],
  [
    'no options of createSampler',
    () => js.createSampler(),
    'createSampler: expected an object of options, got undefined',
  ],
  [
    'a misspelt option of createSampler',
    () => create({ procesX0: 1 }),
    "createSampler: unknown option 'procesX0'. Did you mean 'processX0'?",
  ],
  ['no network', () => create({ network: undefined }), 'createSampler: expected a network or a denoiser, got none'],
  [
    'a network and a denoiser',
    () => create({ denoiser: denoise }),
    'createSampler: expected a network or a denoiser, got both',
  ],
  [
    'a network with weights',
    () => create({ network: { apply: network } }),
    'createSampler: expected a network, a function (closeOver(network, params) of @cascade-diffusion/unet makes a network one), got an object with apply',
  ],
  [
    'a denoiser and processX0',
    () => create({ network: undefined, denoiser: denoise, processX0: library.keepX0 }),
    'expected no processX0 with a denoiser',
  ],
  [
    'ddim without a call',
    () => create({ sampler: library.ddim }),
    'createSampler: expected a sampler (ddim(), ancestral(), …), got the function ddim',
  ],
  [
    'a sampler by name',
    () => create({ sampler: 'ddim' }),
    "createSampler: expected a sampler (ddim(), ancestral(), …), got 'ddim'",
  ],
  [
    'no engine',
    () => create({ compile: undefined }),
    'createSampler: expected compile, a function (jit of @cascade-diffusion/jit',
  ],
  [
    'no process',
    () => create({ process: undefined }),
    'process: expected { schedule, prediction, variance, noiseInput }, got undefined',
  ],
  [
    'a configuration as process',
    () => create({ process: { schedule: { name: 'cosine', steps: 10 } } }),
    'process: expected a schedule (cosineSchedule(1000), continuousCosine(), …; scheduleOf',
  ],
  [
    'x0 by name',
    () => create({ processX0: 'clip' }),
    "expected processX0, a function (clipX0, keepX0, dynamicThreshold()), got 'clip'",
  ],
  [
    'a variance of ancestral',
    () => js.ancestral({ variance: 'fixed' }),
    "ancestral: expected variance, one of 'fixed-small', 'fixed-large'; got 'fixed'",
  ],
  ['a misspelt option of ancestral', () => js.ancestral({ varience: 'fixed-small' }), "Did you mean 'variance'?"],
  ['a number for ddim', () => js.ddim(0.5), 'ddim: expected an object of options, got 0.5'],
  ['eta as text', () => js.ddim({ eta: '1' }), "ddim: expected an eta of at least 0, got '1'"],
  ['eta of dpmSolver as text', () => js.dpmSolver({ eta: '1' }), "dpmSolver: expected an eta from 0 to 1, got '1'"],
  ['an order as text', () => js.unipc({ order: '2' }), "unipc: expected an order of 1, 2 or 3, got '2'"],
  ['a range as a number', () => js.heun({ churnRange: 3 }), 'heun: expected a churnRange [low, high], got 3'],
  [
    'churn as text',
    () => js.heun({ churn: '3' }),
    "heun: expected churn, churnNoise and the ends of churnRange of at least 0, got '3'",
  ],
  ['steps of restarts', () => js.repaintRestarts(10), 'repaintRestarts: expected the steps of a run, got 10'],
  ['a process to space', () => js.spacedSteps(undefined, 3), 'process: expected { schedule, prediction'],
  ['no count', () => js.spacedSteps(process), 'spacedSteps: expected a count of at least 1, got undefined'],
  [
    'a spacing by another name',
    () => js.spacedSteps(process, 3, { by: 'logsnr' }),
    "spacedSteps: expected by, one of 'step', 'log-snr', 'karras'; got 'logsnr'. Did you mean 'log-snr'?",
  ],
  ['no end to step from', () => js.stepsDown(), 'stepsDown: expected from, a number, got undefined'],
])('%s: the error says what was expected', async (_, call, message) => {
  await expect((async () => call())()).rejects.toThrow(message)
})

/** A sampler that stays where it is, with other members in place of its own. */
const still = (members: object) => ({
  name: 'still',
  coefficients: ['xt'],
  needsNoise: false,
  plan: ({ now }: library.Transition) => [{ at: now, c: { xt: 1 } }],
  update: ({ xt }: library.SamplerStep<string>) => ({ xt }),
  ...members,
})

test.each([
  [{ name: undefined }, "createSampler: expected a sampler's name, got undefined"],
  [{ coefficients: undefined }, "expected coefficients of the sampler 'still', a list of names, got undefined"],
  [
    { plan: () => ({}) },
    "sampler 'still': expected plan to give a list of at least one evaluation { at, c }, got an object",
  ],
  [{ plan: () => [] }, 'expected plan to give a list of at least one evaluation { at, c }, got an array of 0'],
  [{ history: -1 }, "expected history of the sampler 'still', an integer from 0, got -1"],
  [{ history: 1 }, "sampler 'still': expected update to give a history of 1 images, as the sampler says, got 0"],
  [{ plan: () => [{ c: { xt: 1 } }] }, 'expected plan to give at, a noise level such as now, got undefined'],
  [
    { plan: ({ now }: library.Transition) => [{ at: now, c: { x: 1 } }] },
    "sampler 'still': expected plan to give the coefficient 'xt', a number, got undefined",
  ],
  [
    { update: ({ xt }: library.SamplerStep<string>) => xt },
    "sampler 'still': expected update to give { xt }, images of shape [2,4,4,1], got a",
  ],
  [{ update: () => undefined }, 'expected update to give { xt }, images of shape [2,4,4,1], got undefined'],
  [
    { update: ({ xt }: library.SamplerStep<string>) => ({ xt: tf.sum(xt) }) },
    'expected update to give { xt }, images of shape [2,4,4,1], got []',
  ],
])('a custom sampler that breaks its contract: %#', async (members, message) => {
  await sample({}, { sampler: still({}) })
  await expect((async () => sample({}, { sampler: still(members) }))()).rejects.toThrow(message)
})
