import { CascadeError } from '@cascade-diffusion/checks'
import { imageSize, shownSize } from '@cascade-diffusion/data'
import type { NoiseInput } from '@cascade-diffusion/diffusion'
import type { UNetConfig } from '@cascade-diffusion/unet'

/** What of a U-Net follows from its stage. */
export type StageInputs = Pick<
  UNetConfig,
  'resolution' | 'imageChannels' | 'outChannels' | 'numClasses' | 'lowRes' | 'augmentationLevels'
>

/** Whether the configuration of a network is that of a U-Net. */
export const isUNetConfig = (config: unknown): config is UNetConfig =>
  typeof config === 'object' && config !== null && 'baseChannels' in config

/** @throws unless a U-Net, which may be handed in, takes and gives what its stage has. */
export function checkUNet(where: string, config: UNetConfig, stage: StageInputs, noiseInput: NoiseInput): void {
  const { name: embedding } = config.noiseEmbedding ?? { name: 'timestep' }
  if ((embedding === 'noise-level') !== (noiseInput === 'noise-level'))
    throw new CascadeError(
      'input',
      `${where}: expected a noiseEmbedding that fits the noiseInput ${noiseInput}, got ${embedding}`,
    )
  const [is, expected] = [said(where, config), said(where, stage)]
  const wrong = Object.keys(is).filter((name) => is[name] !== expected[name])
  if (wrong.length === 0) return
  const list = (of: Readonly<Record<string, string>>) => wrong.map((name) => `${name} ${of[name]}`).join(', ')
  throw new CascadeError(
    'input',
    `${where}: expected a network of ${list(expected)}, as follows from the stage, got ${list(is)}`,
  )
}

function said(where: string, inputs: StageInputs): Readonly<Record<string, string>> {
  const { resolution, imageChannels, outChannels, numClasses, lowRes, augmentationLevels } = inputs
  return {
    resolution: shownSize(imageSize(where, resolution)),
    imageChannels: String(imageChannels),
    outChannels: String(outChannels ?? imageChannels),
    numClasses: String(numClasses ?? 'none'),
    'lowRes.channels': String(lowRes?.channels ?? 'none'),
    augmentationLevels: String(augmentationLevels ?? false),
  }
}
