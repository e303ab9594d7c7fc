import { readFileSync } from 'node:fs'
import { truncatedStop } from '@cascade-diffusion/cascade'
import { processOf } from '@cascade-diffusion/diffusion'
import { summary } from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { presetNetwork, presetSampling, presetStage } from './build.ts'
import { appendixB } from './fixtures/appendix-b.ts'
import {
  imagenet16,
  imagenet16To64,
  imagenet32,
  imagenet32To64,
  imagenet64,
  imagenet64To128,
  imagenet64To256,
} from './imagenet.ts'
import { lsun64, lsun64To128 } from './lsun.ts'
import { pipelines, presetNamed, presets } from './pipelines.ts'
import type { Preset, SuperResolutionPreset } from './preset.ts'

/** A preset in the form of Appendix B. */
function inItsWords({ stage, training, inference }: Preset): Record<string, string> {
  const { network, process } = stage
  if (!('baseChannels' in network)) throw new Error('expected a U-Net')
  const list = (numbers: readonly number[] = []) => numbers.join(', ')
  const { attentionHeads, attentionHeadChannels } = network
  const continuous = process.noiseInput === 'noise-level'
  return {
    'Base channels': `${network.baseChannels}`,
    'Channel multipliers': list(network.channelMultipliers),
    'Residual blocks per resolution': `${network.residualBlocks}`,
    'Attention resolutions': list(network.attentionResolutions),
    ...(attentionHeads && { 'Attention heads': `${attentionHeads}` }),
    ...(attentionHeadChannels && { 'Attention heads dimension': `${attentionHeadChannels}` }),
    'Batch size': `${training.batchSize}`,
    'Learning rate': training.learningRate.toExponential(0),
    Steps: `${training.steps}`,
    Dropout: network.dropout!.toFixed(1),
    EMA: `${training.averages.ema.decay}`,
    ...('steps' in process.schedule && { Timesteps: `${process.schedule.steps}` }),
    'Noise schedule': process.schedule.name.replace('continuous-', ''),
    'Learned variances': process.variance === 'learned-range' ? 'yes' : 'no',
    Loss: training.loss!.name,
    ...(continuous && {
      'Continuous noise conditioning': '',
      'Inference timesteps': `${inference.steps}`,
      'Inference noise schedule': inference.schedule!.name,
    }),
  }
}

test.each(Object.entries(appendixB))('%s is as Appendix B has it', (name, printed) => {
  const expected = Object.fromEntries(printed.split(' – ').map((entry) => entry.split(': ').concat('').slice(0, 2)))
  expect(inItsWords(presetNamed(name))).toEqual(expected)
})

test('levels of noise are continuous where Appendix B says so, steps elsewhere; inference fits', () => {
  for (const { name, stage, training, inference } of presets) {
    const { process } = stage
    const continuous = appendixB[name]?.includes('Continuous noise conditioning') ?? false
    expect(process.noiseInput === 'noise-level', name).toBe(continuous)
    // In continuous time every level is drawn as it is.
    const between = training.noiseLevels?.name === 'piecewise-uniform' || !('steps' in process.schedule)
    expect(between, name).toBe(continuous)
    const sampled = inference.schedule ?? process.schedule
    expect(inference.steps, name).toBe('steps' in sampled && sampled.steps)
    expect(() => processOf(process)).not.toThrow()
  }
})

test('the experiment super-resolves with the network of the baseline, but for the small image', () => {
  expect(imagenet16To64.stage.network).toEqual(imagenet64.stage.network)
  expect(imagenet16To64.stage.process).toEqual(imagenet64.stage.process)
  expect(imagenet16.stage.process).toEqual(imagenet64.stage.process)
  const [plain, superResolving] = [presetNetwork(imagenet64), presetNetwork(imagenet16To64)]
  const { lowRes, augmentationLevels, ...rest } = superResolving
  expect({ ...rest, augmentationLevels: false }).toEqual(plain)
  expect([lowRes, augmentationLevels]).toEqual([{ channels: 3 }, true])
})

test('pipelines lead from resolution to resolution, by models of the same classes', () => {
  for (const [base, ...rest] of Object.values(pipelines)) {
    let { resolution } = base.stage
    for (const { stage, numClasses } of rest) {
      expect(stage.lowResolution).toEqual(resolution)
      expect(numClasses).toBe(base.numClasses)
      resolution = stage.resolution
    }
  }
})

test('noise augments by the process of the stage below, which can therefore be truncated', () => {
  const stopOf = (below: Preset, preset: SuperResolutionPreset, s: number) =>
    truncatedStop({ stage: presetStage(below), sampling: presetSampling(below) }, presetStage(preset), s).alpha ** 2
  // ᾱ of the cosine schedule (Nichol & Dhariwal 2021, equation 17), at the time t from 0 to 1.
  const f = (t: number) => Math.cos(((t + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  const alphaBar = (t: number) => f(t) / f(0)
  expect(stopOf(imagenet32, imagenet32To64, 1001)).toBeCloseTo(alphaBar(1001 / 4000), 12)
  expect(stopOf(imagenet16, imagenet16To64, 1001)).toBeCloseTo(alphaBar(1001 / 4000), 12)
  expect(stopOf(lsun64, lsun64To128, 0.25)).toBeCloseTo(alphaBar(0.25), 12)
  expect(() => stopOf(imagenet64, imagenet64To256, 0.5)).toThrow('got gaussian-blur')
})

test('networks like SR3 have its numbers of parameters, 550 and 625 million, but for the classes', () => {
  const millions = (preset: Preset) => {
    const { numClasses: _, ...unconditional } = presetNetwork(preset)
    return summary(unconditional).parameters / 1e6
  }
  expect(Math.abs(millions(imagenet64To128) / 550 - 1)).toBeLessThan(0.02)
  expect(Math.abs(millions(imagenet64To256) / 625 - 1)).toBeLessThan(0.02)
})

test("the baseline has Improved DDPM's number of parameters, 270 million", () => {
  expect(Math.abs(summary(presetNetwork(imagenet64)).parameters / 270e6 - 1)).toBeLessThan(0.02)
})

test('docs/presets.md states parameters and multiply-adds as they are', () => {
  const page = readFileSync(new URL('../../../docs/presets.md', import.meta.url), 'utf8')
  // The padding of columns does not matter.
  const docs = page.replace(/ +/g, ' ')
  const rows = presets.map((preset) => {
    const { parameters, multiplyAdds } = summary(presetNetwork(preset))
    const evaluations = preset.inference.steps
    const total = (multiplyAdds * evaluations) / 1e12
    return (
      `| \`${preset.name}\` | ${(parameters / 1e6).toFixed(1)} | ${(multiplyAdds / 1e9).toFixed(1)} | ` +
      `${evaluations} | ${total.toFixed(1)} |`
    )
  })
  for (const row of rows) expect(docs).toContain(row)
})

test('an unknown name is an error that lists the names', () => {
  expect(() => presetNamed('imagenet-33')).toThrow("got 'imagenet-33'. Did you mean 'imagenet-32'?")
  expect(() => presetNamed('imagenet-512')).toThrow(
    "presetNamed: expected a preset, one of 'imagenet-32', 'imagenet-32-64', ",
  )
})
