import { CascadeError } from '@cascade-diffusion/checks'
import type { OpenAIFlags } from '@cascade-diffusion/unet'

/** The flags that follow from the names and shapes of weights. */
export type ArchitectureFlags = Pick<
  OpenAIFlags,
  | 'numChannels'
  | 'numResBlocks'
  | 'channelMult'
  | 'attentionResolutions'
  | 'classCond'
  | 'learnSigma'
  | 'useScaleShiftNorm'
  | 'resblockUpdown'
  | 'pool'
>

/** @throws if given flags differ from those that follow from the weights. */
export function checkArchitecture(name: string, flags: OpenAIFlags, inferred: ArchitectureFlags): void {
  const words = (value: unknown) => (Array.isArray(value) ? [...value].sort((a, b) => a - b).join(', ') : String(value))
  const wrong = Object.entries(inferred).flatMap(([flag, value]) => {
    const given = flags[flag as keyof OpenAIFlags]
    const ordered = flag === 'channelMult' ? String(given) === String(value) : words(given) === words(value)
    return given === undefined || ordered ? [] : [`${flag} ${given}, the weights have ${value}`]
  })
  if (wrong.length > 0)
    throw new CascadeError('input', `${name}: the flags are of another network: ${wrong.join('; ')}`)
}
