import '@tensorflow/tfjs-backend-cpu'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import { continuousCosine, cosineSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import * as library from './index.ts'

/** The package as JavaScript sees it. */
// biome-ignore lint/suspicious/noExplicitAny: calls that types would refuse
const js = library as any
const schedule = cosineSchedule(10)
const process = { schedule, prediction: 'epsilon', variance: 'fixed-large', noiseInput: 'timestep' } as const
const network: library.Network = (xt) => tf.mul(xt, 0.5)
const model = { network, process }
const images = rng(2).normal([2, 4, 4, 1])
const x = tf.tensor4d(images.data, [2, 4, 4, 1])
const t = tf.tensor1d([3, 4], 'int32')
const level = { alpha: tf.scalar(0.6), sigma: tf.scalar(0.8) }
const fine = { noiseInput: tf.tensor1d([3]), ...level }
const denoise = library.denoiser(model)
const noKey = 'expected a key of random numbers (rng(1) of @cascade-diffusion/random)'

test.each([
  ['no schedule', () => js.noiseLevel(undefined, 3), 'process: expected a schedule'],
  ['a step as text', () => js.noiseLevel(schedule, '3'), "noiseLevel: expected a step from -1 to 9, got '3'"],
  ['a fractional step', () => js.noiseLevel(schedule, 2.5), 'noiseLevel: expected a step from -1 to 9, got 2.5'],
  ['a step too large', () => js.noiseInput(process, 10), 'noiseInput: expected a step from 0 to 9, got 10'],
  [
    'a time beyond the end',
    () => js.noiseInput({ ...process, schedule: continuousCosine() }, 1.5),
    'noiseInput: expected a time from 0 to 1, got 1.5',
  ],
  ['one step for many', () => js.noiseLevelArrays(process, 3), 'noiseLevelArrays: expected a list of steps, got 3'],
  ['fractional steps', () => js.noiseLevelArrays(process, [3, 2.5]), 'expected a step from -1 to 9, got 2.5'],
  [
    'one noise level',
    () => js.noiseLevelArrays({ ...process, noiseInput: 'log-snr' }, { alpha: 0.6, sigma: 0.8 }),
    'noiseLevelArrays: expected a list of alpha, got 0.6',
  ],
  [
    'levels of continuous time at steps',
    () => js.noiseLevelAt({ ...process, schedule: continuousCosine() }, t),
    'noiseLevelAt: expected a schedule of discrete steps',
  ],
  [
    'inputs at no steps',
    () => js.noiseInputAt(process),
    't: expected t, a step as a number or steps as a tensor of int32, got undefined',
  ],
  [
    'a schedule for q',
    () => js.qSample(continuousCosine(), x, t, x),
    'qSample: expected a schedule of discrete steps (cosineSchedule(1000), …)',
  ],
  [
    'host arrays for q',
    () => js.qSample(schedule, images, t, x),
    'qSample: expected x0, a tensor, got a host array [2,4,4,1]: jit and eager',
  ],
  [
    'noise of one image',
    () => js.qSample(schedule, x, t, tf.zeros([1, 4, 4, 1])),
    'qSample: expected epsilon of the shape of x0, [2,4,4,1], got [1,4,4,1]',
  ],
  [
    'images of bytes for q',
    () => js.qSample(schedule, tf.cast(x, 'int32'), t, x),
    'qSample: expected x0, images float32 [N,H,W,C], got int32 [2,4,4,1]',
  ],
  [
    'steps as a list',
    () => js.qSample(schedule, x, [3, 4], x),
    'qSample: expected t, a step as a number or steps as a tensor of int32, got an array of 2',
  ],
  [
    'steps of float32',
    () => js.qSample(schedule, x, tf.tensor1d([2.5, 3]), x),
    'qSample: expected t, whole steps of int32, got float32',
  ],
  [
    'steps of other images',
    () => js.qMeanVariance(schedule, x, tf.tensor1d([1, 2, 3], 'int32')),
    'qMeanVariance: expected t, one step or one for each of 2 images, got [3]',
  ],
  ['a fractional step for q', () => js.qSample(schedule, x, 2.5, x), 't: expected a step from 0 to 9, got 2.5'],
  ['no x_t', () => js.qPosterior(schedule, x, undefined, t), 'qPosterior: expected xt, a tensor, got undefined'],
  [
    'no level',
    () => js.posteriorBetween({ alpha: 1, sigma: 0 }),
    'posteriorBetween: expected a noise level to go to, { alpha, sigma }, got undefined',
  ],
  [
    'a network as model',
    () => js.pMeanVariance(network, x, t),
    'pMeanVariance: expected a model, { network, process }, got the function network',
  ],
  [
    'no images for p',
    () => js.pMeanVariance(model, undefined, t),
    'pMeanVariance: expected xt, a tensor, got undefined',
  ],
  ['a network to denoise', () => js.denoiser(network), 'denoiser: expected a model, { network, process }'],
  ['an old option', () => js.denoiser(model, { clip: false }), "denoiser: unknown option 'clip'"],
  ['no images to denoise', () => js.denoiser(model)(undefined, fine), 'network: expected xt, a tensor, got undefined'],
  [
    'a network that gives nothing',
    () => js.denoiser({ ...model, network: () => undefined })(x, fine),
    'network: expected an output, a tensor, got undefined',
  ],
  [
    'an asynchronous network',
    () => js.denoiser({ ...model, network: async () => x })(x, fine),
    'network: expected an output, a tensor, got a Promise',
  ],
  ['no denoiser', () => js.processingX0(undefined, library.clipX0), 'processingX0: expected a denoiser, a function'],
  [
    'a level of numbers',
    () => js.xtFrom({ x0: x, epsilon: x }, { alpha: 0.6, sigma: 0.8 }),
    'xtFrom: expected alpha, a tensor, got 0.6',
  ],
  [
    'no noise',
    () => js.xtFrom({ x0: x }, level),
    'xtFrom: expected data and noise, { x0, epsilon }, got an object with x0',
  ],
  ['no level', () => js.x0FromEpsilon(x, x), 'x0FromEpsilon: expected a noise level, { alpha, sigma }, got undefined'],
  ['arrays for ε', () => js.epsilonFromX0(images, x, level), 'epsilonFromX0: expected xt, a tensor, got a host array'],
  ['no v', () => js.x0FromV(x, undefined, level), 'x0FromV: expected v, a tensor, got undefined'],
  ['no v for ε', () => js.epsilonFromV(x, undefined, level), 'epsilonFromV: expected v, a tensor, got undefined'],
  ['nothing for v', () => js.vFrom(undefined, level), 'vFrom: expected data and noise, { x0, epsilon }, got undefined'],
  [
    'another prediction',
    () => js.readPrediction('eps', x, x, level),
    "readPrediction: expected a prediction of epsilon, x0, v; got 'eps'",
  ],
  [
    'another target',
    () => js.predictionTarget('score', { x0: x, epsilon: x }, level),
    "predictionTarget: expected a prediction of epsilon, x0, v; got 'score'",
  ],
  [
    'a percentile of 99.5',
    () => js.dynamicThreshold({ percentile: 99.5 }),
    'dynamicThreshold: expected a percentile above 0 and at most 1, got 99.5',
  ],
  [
    'a percentile alone',
    () => js.dynamicThreshold(0.995),
    'dynamicThreshold: expected an object of options, got 0.995',
  ],
  [
    'a schedule that is none',
    () => js.isDiscrete('cosine'),
    "process: expected a schedule (cosineSchedule(1000), continuousCosine(), …; scheduleOf of @cascade-diffusion/schedules makes one of a configuration), got 'cosine'",
  ],
  ['no schedule at the end', () => js.lastStep(), 'process: expected a schedule'],
  [
    'no guidance',
    () => js.classifierFreeGuidance(network),
    'classifierFreeGuidance: expected an object of options, got undefined',
  ],
  [
    'a scale alone',
    () => js.classifierFreeGuidance(network, 2),
    'classifierFreeGuidance: expected an object of options, got 2',
  ],
  [
    'no unconditional',
    () => js.classifierFreeGuidance(network, { scale: 2 }),
    'expected unconditional, a function (withoutLabel()), got undefined',
  ],
  [
    'a scale as text',
    () => js.classifierFreeGuidance(network, { scale: '2', unconditional: library.withoutLabel() }),
    "expected a finite scale, got '2'",
  ],
  [
    'an interval as a number',
    () => js.classifierFreeGuidance(network, { scale: 2, interval: 5, unconditional: library.withoutLabel() }),
    'expected an interval [low, high], got 5',
  ],
  [
    'guidance without a condition',
    () => js.withoutLabel()(),
    'withoutLabel: expected a condition, { label }, got undefined',
  ],
  [
    'a network to be guided by a classifier',
    () => js.classifierGuidance(model, {}),
    'classifierGuidance: expected a denoiser, a function (denoiser({ network, process }))',
  ],
  [
    'no classifier',
    () => js.classifierGuidance(denoise, { scale: 1 }),
    'classifierGuidance: expected logProbability, a function',
  ],
  [
    'nothing known',
    () => js.inpainting(denoise)(x, fine, undefined),
    'inpainting: expected a condition, { known, mask }, got undefined',
  ],
  [
    'labels as a list',
    () => js.dropLabels([1, 2], { probability: 0.1, rng: rng(1) }),
    'dropLabels: expected labels of int32 (int32([3, 7])), got an array of 2',
  ],
  [
    'labels of float32',
    () => js.dropLabels(float32([1, 2]), { probability: 0.1, rng: rng(1) }),
    'dropLabels: expected labels of int32 (int32([3, 7])), got float32',
  ],
  ['no key to drop by', () => js.dropLabels(int32([1]), { probability: 0.1 }), `dropLabels: ${noKey}, got undefined`],
  ['a sum of nothing', () => js.weightedSum(), 'weightedSum: expected a pair of a coefficient and images, got none'],
])('%s: the error says what was expected', async (_, call, message) => {
  await expect((async () => call())()).rejects.toThrow(message)
})
