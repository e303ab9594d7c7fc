import { CascadeError } from '@cascade-diffusion/checks'
import { parseSpacing } from '@cascade-diffusion/schedules'
import { type OpenAIFamily, type OpenAIFlags, readOpenAIFlags } from '@cascade-diffusion/unet'

/** Reads flags as `readOpenAIFlags` does. @throws as that does, or if `timestepRespacing` is not a spacing. */
export function flagsOf(given: OpenAIFlags | string, kind: 'unet' | 'classifier'): OpenAIFlags {
  const where = 'fromPretrained: flags'
  const flags = readOpenAIFlags(given, kind, where)
  if (flags.timestepRespacing === undefined) return flags
  try {
    parseSpacing(flags.timestepRespacing)
  } catch (cause) {
    throw new CascadeError('input', `${where}: timestepRespacing: ${(cause as Error).message}`, { cause })
  }
  return flags
}

/** Flags of U-Nets, which have no effect on a classifier. */
const ofUNets = [
  ...['learnSigma', 'classCond', 'smallSize', 'superResolution', 'numHeadsUpsample', 'diffusionSteps'],
  ...['noiseSchedule', 'rescaleTimesteps', 'predictXstart', 'sigmaSmall', 'timestepRespacing'],
] as const satisfies readonly (keyof OpenAIFlags)[]

/** @throws if a given flag has no effect on a network of that kind. */
export function refuseFlagsOfOtherKinds(where: string, flags: OpenAIFlags, kind: 'unet' | 'classifier'): void {
  const others: readonly (keyof OpenAIFlags)[] = kind === 'classifier' ? ofUNets : ['pool']
  const flag = others.find((name) => flags[name] !== undefined)
  if (flag) throw new CascadeError('input', `${where}: expected no ${flag}, which has no effect on a ${words[kind]}`)
}

const words = { unet: 'U-Net', classifier: 'classifier' }

/** @throws if a given flag is not one of the family's scripts. */
export function refuseFlagsOfOtherFamilies(where: string, flags: OpenAIFlags, family: OpenAIFamily): void {
  if (family !== 'improved-diffusion') return
  const flag = (['numHeadChannels', 'useNewAttentionOrder'] as const).find((name) => flags[name])
  if (flag)
    throw new CascadeError(
      'input',
      `${where}: expected no ${flag}: networks of improved-diffusion do not have it, those of guided-diffusion may`,
    )
}
