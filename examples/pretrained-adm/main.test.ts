import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Params } from '@cascade-diffusion/arrays'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import {
  type EncoderConfig,
  encoder,
  toGuidedClassifier,
  toGuidedDiffusion,
  type UNetConfig,
  unet,
} from '@cascade-diffusion/unet'
import { expect, test } from 'vitest'
import { encodePt } from './write-pt.ts'

/** The architecture of ADM, small: residual blocks that resample, scale-shift norm, heads of a width, learned variances. */
const adm: Omit<EncoderConfig, 'resolution' | 'classes' | 'pool'> = {
  imageChannels: 3,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  firstChannels: 32,
  residualBlocks: 1,
  attentionHeadChannels: 32,
  resampling: 'residual',
  normGroups: 32,
}
const base: UNetConfig = { ...adm, resolution: 8, outChannels: 6, numClasses: 10, attentionResolutions: [4] }
const upsampler: UNetConfig = { ...base, resolution: 16, attentionResolutions: [8], lowRes: { channels: 3 } }
const classifier: EncoderConfig = { ...adm, resolution: 8, classes: 10, attentionResolutions: [4] }

/** Weights that leave no layer without effect, as the first ones do. */
const drawn = (name: string, { init }: { init(key: ReturnType<typeof rng>): Params<NDArray> }) => {
  const key = rng(3).fold(name)
  const entries = Object.entries(init(key)).map(([weight, { data, shape }]) => {
    const more = key.fold('more').fold(weight).normal(shape).data
    return [
      weight,
      ndarray(
        Float32Array.from(data, (w, i) => Number(w) + 0.03 * more[i]!),
        shape,
      ),
    ]
  })
  return Object.fromEntries(entries)
}

test('from four checkpoints of guided-diffusion to a picture, guided by their classifiers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pretrained-adm-'))
  const write = (name: string, stateDict: Record<string, NDArray>) =>
    writeFileSync(join(folder, name), encodePt(stateDict))
  const order = { attentionOrder: 'new' } as const
  write('64x64_diffusion.pt', toGuidedDiffusion(drawn('base', unet(base)), base, order))
  write('64_256_upsampler.pt', toGuidedDiffusion(drawn('upsampler', unet(upsampler)), upsampler))
  write('64x64_classifier.pt', toGuidedClassifier(drawn('small', encoder(classifier)), classifier))
  const large: EncoderConfig = { ...classifier, resolution: 16, attentionResolutions: [8] }
  write('256x256_classifier.pt', toGuidedClassifier(drawn('large', encoder(large)), large))

  // The flags of the published files, at this size; what is not said is as it is there.
  const size = '--num_channels 32 --num_res_blocks 1 --channel_mult 1,2 --num_head_channels 32'
  const half = '--classifier_width 32 --classifier_depth 1 --channel_mult 1,2 --num_head_channels 32'
  const flags = {
    'base-flags': `--image_size 8 --attention_resolutions 4 ${size}`,
    'upsampler-flags': `--large_size 16 --small_size 8 --attention_resolutions 8 ${size}`,
    'base-classifier-flags': `--image_size 8 --classifier_attention_resolutions 4 ${half}`,
    'upsampler-classifier-flags': `--image_size 16 --classifier_attention_resolutions 8 ${half}`,
  }
  const run = async (...options: string[]) => {
    const out = join(folder, 'samples.png')
    const args = [
      ...['--conditions=@cascade-diffusion/source', '--import=tsx', 'main.ts', `--models=${folder}`, `--out=${out}`],
      ...[...Object.entries(flags).map(([name, value]) => `--${name}=${value}`), '--classes=3,7', ...options],
    ]
    const cwd = fileURLToPath(new URL('.', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd })
    return { stdout, picture: readFileSync(out) }
  }
  const guided = await run('--steps=4,3', '--scales=2,1')
  expect(guided.stdout).toMatch(/^64x64_diffusion\.pt: unet of guided-diffusion, \d\.\d million weights/m)
  expect(guided.stdout).toMatch(/^256x256_classifier\.pt: classifier of guided-diffusion/m)
  expect(guided.stdout).toContain('upsampler, class 7: 0 steps left')
  // Two rows of two cells of 16 pixels, with gaps of 2.
  const { picture } = guided
  expect([picture.toString('latin1', 1, 4), picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([
    'PNG',
    38,
    38,
  ])
  // The classifiers have an effect.
  const plain = await run('--steps=4,3', '--scales=0,0', '--sampler=ancestral')
  expect(plain.stdout).not.toContain('classifier')
  expect(plain.picture.equals(picture)).toBe(false)
})
