import { parseConfig, schema } from '@cascade-diffusion/checks'
import { levelHeights } from './complete-config.ts'
import type { CompleteUNetConfig, ImageSides } from './config.ts'
import { unetEntries } from './unet-schema.ts'

const resized = schema.record<Pick<CompleteUNetConfig, 'resolution'>>({ resolution: unetEntries.resolution })

/** The configuration of the same network at another size: attention is at the same levels. */
export function resizedConfig(config: CompleteUNetConfig, size: ImageSides): CompleteUNetConfig {
  const resolution = Array.isArray(size) && size[0] === size[1] ? (size[0] as number) : size
  parseConfig('unet', resized, { resolution })
  const [from, to] = [levelHeights(config), levelHeights({ ...config, resolution })]
  return {
    ...config,
    resolution,
    attentionResolutions: config.attentionResolutions.map((at) => to[from.indexOf(at)]!),
  }
}
