import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import * as library from './index.ts'

/** The package as JavaScript sees it. */
// biome-ignore lint/suspicious/noExplicitAny: calls that types would refuse
const js = library as any
const schedule = library.cosineSchedule(10)
const noise = library.continuousCosine()
const key = rng(1)
const noKey = 'expected a key of random numbers (rng(1) of @cascade-diffusion/random)'
const noSteps = 'expected a schedule of discrete steps (cosineSchedule(1000), …)'
const noTime = 'expected a schedule in continuous time (continuousCosine(), …)'
const search = { schedule: () => 0, evaluate: () => 0 }

test.each([
  ['no steps', () => js.cosineSchedule(), 'cosineSchedule: steps: expected an integer of at least 1, got undefined'],
  [
    'steps as text',
    () => js.cosineSchedule('1000'),
    "cosineSchedule: steps: expected an integer of at least 1, got '1000'",
  ],
  [
    'linear steps as text',
    () => js.linearSchedule('1000'),
    "linearSchedule: expected an integer of at least 20 steps, got '1000'",
  ],
  [
    'a misspelt β',
    () => js.linearSchedule(100, { betastart: 1e-4 }),
    "linearSchedule: unknown option 'betastart'. Did you mean 'betaStart'?",
  ],
  [
    'β as text',
    () => js.linearSchedule(100, { betaStart: '0.0001', betaEnd: 0.02 }),
    "linearSchedule: expected numbers as betas, got '0.0001', 0.02",
  ],
  ['β alone', () => js.linearSchedule(100, 0.02), 'linearSchedule: expected an object of options, got 0.02'],
  [
    'scaled β as text',
    () => js.scaledLinearSchedule(100, { betaEnd: '0.012' }),
    "scaledLinearSchedule: expected numbers as betas, got 0.00085, '0.012'",
  ],
  ['no sigmoid steps', () => js.sigmoidSchedule(), 'steps: expected an integer of at least 1, got undefined'],
  ['no betas', () => js.scheduleFromBetas(), 'schedule: expected betas, a list of numbers, got undefined'],
  [
    'betas as text',
    () => js.scheduleFromBetas(['0.1', '0.2']),
    "schedule: expected betas, a list of numbers, got '0.1' at 0",
  ],
  ['one beta', () => js.scheduleFromBetas(0.1), 'schedule: expected betas, a list of numbers, got 0.1'],
  [
    'no products',
    () => js.scheduleFromAlphasCumprod(),
    'schedule: expected alphasCumprod, a list of numbers, got undefined',
  ],
  ['a discrete schedule to make discrete', () => js.toDiscrete(schedule, 10), `toDiscrete: ${noTime}`],
  [
    'a greatest β of 2',
    () => js.toDiscrete(noise, 10, { maxBeta: 2 }),
    'toDiscrete: expected maxBeta, a number from 0 to 1, got 2',
  ],
  ['a continuous schedule to make continuous', () => js.toContinuous(noise), `toContinuous: ${noSteps}`],
  ['no log-SNR', () => js.logSnrs(), `logSnrs: ${noSteps}, got undefined`],
  ['a schedule by name', () => js.respace('cosine', 10), `respace: ${noSteps}, got 'cosine'`],
  [
    'no spacing',
    () => js.respace(schedule),
    'respace: expected a number of steps, a list of them, or { ddim: n }; got undefined',
  ],
  [
    'steps to keep as text',
    () => js.respace(schedule, ['3', '2']),
    "expected 0 to 5 steps in section 0 of 10 steps, got '3'",
  ],
  ['NaN steps', () => js.respace(schedule, Number.NaN), 'expected 0 to 10 steps in section 0 of 10 steps, got NaN'],
  ['a stride as text', () => js.respace(schedule, { ddim: '5' }), "got { ddim: '5' }"],
  ['a text of a spacing', () => js.parseSpacing('ddim'), "or ddim and a number; got 'ddim'"],
  ['a continuous schedule to end in noise', () => js.zeroTerminalSnr(noise), `zeroTerminalSnr: ${noSteps}`],
  ['a time as text', () => noise.alpha('0.5' as never), "noise schedule: expected a time from 0 to 1, got '0.5'"],
  ['no time', () => noise.sigma(undefined as never), 'noise schedule: expected a time from 0 to 1, got undefined'],
  ['no log-SNR to invert', () => noise.timeOf(undefined as never), 'noise schedule: expected a log-SNR from'],
  [
    'an offset as text',
    () => js.continuousCosine({ offset: '0' }),
    "continuousCosine: expected an offset of at least 0, got '0'",
  ],
  ['an offset alone', () => js.continuousCosine(0), 'continuousCosine: expected an object of options, got 0'],
  [
    'rates as text',
    () => js.continuousLinear({ betaStart: '0.1', betaEnd: '20' }),
    "continuousLinear: betaStart, betaEnd: expected positive numbers in increasing order, got '0.1', '20'",
  ],
  [
    'a temperature as text',
    () => js.continuousSigmoid({ tau: '1' }),
    "continuousSigmoid: expected start < end and tau > 0, got -3, 3, '1'",
  ],
  [
    'half a range',
    () => js.continuousLogLinear({ min: -5 }),
    'continuousLogLinear: expected a finite range of log-SNR, min < max, got -5, undefined',
  ],
  ['a misspelt σ', () => js.continuousKarras({ sigmaMaximum: 80 }), "karras: unknown option 'sigmaMaximum'"],
  ['ρ as text', () => js.continuousKarras({ rho: '7' }), "karras: expected rho above 0, got '7'"],
  ['no σ', () => js.karrasSigmas(), 'karrasSigmas: steps: expected an integer of at least 1, got undefined'],
  [
    'a value for a function',
    () => js.scheduleFromLogSnr(3),
    'scheduleFromLogSnr: expected logSnr, a function (of times in [0, 1]), got 3',
  ],
  [
    'no resolutions',
    () => js.shiftToResolution(noise),
    'shiftToResolution: expected an object of options, got undefined',
  ],
  [
    'a discrete schedule to shift',
    () => js.shiftToResolution(schedule, { from: 64, to: 128 }),
    `shiftToResolution: ${noTime}`,
  ],
  ['no range', () => js.truncateLogSnr(noise), 'truncateLogSnr: expected an object of options, got undefined'],
  [
    'a range as text',
    () => js.truncateLogSnr(noise, { min: '-5', max: '5' }),
    "expected a finite range of log-SNR, min < max, got '-5', '5'",
  ],
  ['a discrete schedule to divide', () => js.evenLogSnrTimes(schedule, 5), `evenLogSnrTimes: ${noTime}`],
  [
    'a deviation as text',
    () => js.edmPreconditioning('0.5'),
    "edmPreconditioning: expected a standard deviation above 0, got '0.5'",
  ],
  ['no schedule', () => js.vpPreconditioning(), `vpPreconditioning: ${noTime}, got undefined`],
  ['no key for steps', () => js.uniformTimesteps(4, schedule), `uniformTimesteps: ${noKey}, got undefined`],
  ['a seed for steps', () => js.uniformTimesteps(4, schedule, 1), `uniformTimesteps: ${noKey}, got 1`],
  [
    'half a step',
    () => js.uniformTimesteps(1.5, schedule, key),
    'uniformTimesteps: expected n, the number of draws, an integer from 0, got 1.5',
  ],
  ['steps of continuous time', () => js.uniformTimesteps(4, noise, key), `uniformTimesteps: ${noSteps}`],
  [
    'no probabilities',
    () => js.sampleTimesteps(4, undefined, key),
    'sampleTimesteps: expected probabilities, a list of numbers, got undefined',
  ],
  ['no key for times', () => js.uniformTimes(4), `uniformTimes: ${noKey}`],
  [
    'a misspelt option of times',
    () => js.uniformTimes(4, key, { lowdiscrepancy: true }),
    "Did you mean 'lowDiscrepancy'?",
  ],
  [
    'a deviation of times as text',
    () => js.logitNormalTimes(4, key, { std: '1' }),
    "logitNormalTimes: expected a finite mean and a standard deviation above 0, got 0, '1'",
  ],
  ['no key for σ', () => js.logNormalSigmas(4), `logNormalSigmas: ${noKey}`],
  ['no key for levels', () => js.piecewiseUniformNoiseLevels(4, schedule), `piecewiseUniformNoiseLevels: ${noKey}`],
  [
    'levels uniform in something else',
    () => js.piecewiseUniformNoiseLevels(4, schedule, key, { uniformIn: 'beta' }),
    "expected uniformIn, one of 'alpha', 'alphaCumprod'; got 'beta'",
  ],
  [
    'no length',
    () => js.lossHistory(10, { lenght: 3 }),
    "lossHistory: unknown option 'lenght'. Did you mean 'length'?",
  ],
  [
    'no history',
    () => js.recordLosses(undefined, [1], [1]),
    'recordLosses: expected a history of losses, as lossHistory makes it, got undefined',
  ],
  [
    'one loss',
    () => js.recordLosses(library.lossHistory(3), 1, 0.5),
    'recordLosses: expected steps, a list of numbers, got 1',
  ],
  [
    'losses as text',
    () => js.recordLosses(library.lossHistory(3), [1], ['0.5']),
    "recordLosses: expected losses, a list of numbers, got '0.5' at 0",
  ],
  [
    'no history of probabilities',
    () => js.lossSecondMomentProbabilities(),
    'lossSecondMomentProbabilities: expected a history of losses',
  ],
  ['no search', () => js.gridSearch(), 'gridSearch: expected an object of options, got undefined'],
  ['no grid', () => js.gridSearch(search), 'gridSearch: expected a grid, values of each parameter, got undefined'],
  [
    'a value in place of a list',
    () => js.gridSearch({ ...search, grid: { a: 1 } }),
    'gridSearch: expected a list of values of a, got 1',
  ],
  [
    'no evaluation',
    () => js.gridSearch({ ...search, evaluate: undefined, grid: { a: [1] } }),
    'gridSearch: expected evaluate, a function (of a candidate), got undefined',
  ],
  [
    'no ranges',
    () => js.fitSchedule(search),
    'fitSchedule: expected ranges, { low, high } of each parameter, got undefined',
  ],
  [
    'a scale by another name',
    () => js.fitSchedule({ ...search, ranges: { a: { low: 1, high: 2, scale: 'logarithmic' } } }),
    "fitSchedule: range of a: expected a scale, one of 'linear', 'log'; got 'logarithmic'",
  ],
  [
    'a misspelt number of trials',
    () => js.fitSchedule({ ...search, ranges: {}, trails: 3 }),
    "fitSchedule: unknown option 'trails'. Did you mean 'trials'?",
  ],
])('%s: the error says what was expected', async (_, call, message) => {
  await expect((async () => call())()).rejects.toThrow(message)
})
