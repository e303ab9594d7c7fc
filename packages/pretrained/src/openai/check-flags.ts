import {
  CascadeError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import { parseSpacing } from '@cascade-diffusion/schedules'
import type { OpenAIFamily, OpenAIFlags } from './flags.ts'

type Check = (where: string, flag: string, value: unknown) => void

const count: Check = (where, flag, value) => void checkInteger(where, flag, value, { from: 1 })
const boolean: Check = (where, flag, value) => {
  if (typeof value !== 'boolean')
    throw new CascadeError('checkpoint', `${where}: expected ${flag}, true or false, got ${shown(value)}`)
}
const numbers: Check = (where, flag, value) => {
  if (!Array.isArray(value))
    throw new CascadeError('checkpoint', `${where}: expected ${flag}, a list of numbers, got ${shown(value)}`)
  for (const number of value)
    if (!(checkNumber(where, `a number in ${flag}`, number) > 0))
      throw new CascadeError('checkpoint', `${where}: expected positive numbers in ${flag}, got ${number}`)
}

/** What each flag may be. */
const checks: Readonly<Record<keyof OpenAIFlags, Check>> = {
  numChannels: count,
  numResBlocks: count,
  channelMult: numbers,
  attentionResolutions: numbers,
  classCond: boolean,
  learnSigma: boolean,
  useScaleShiftNorm: boolean,
  resblockUpdown: boolean,
  imageSize: count,
  imageChannels: count,
  smallSize: count,
  superResolution: boolean,
  numHeads: count,
  numHeadsUpsample: count,
  numHeadChannels: count,
  useNewAttentionOrder: boolean,
  dropout: (where, flag, value) => void checkNumber(where, flag, value, { from: 0, to: 1 }),
  diffusionSteps: count,
  noiseSchedule: (where, flag, value) => void checkOneOf(where, flag, value, ['linear', 'cosine']),
  rescaleTimesteps: boolean,
  predictXstart: boolean,
  sigmaSmall: boolean,
  timestepRespacing: (where, _, value) => {
    try {
      parseSpacing(value as string)
    } catch (cause) {
      throw new CascadeError('checkpoint', `${where}: timestepRespacing: ${(cause as Error).message}`, { cause })
    }
  },
}

const known = Object.fromEntries(Object.keys(checks).map((flag) => [flag, true])) as KnownKeys<OpenAIFlags>

/** @throws on a flag that there is none of, or a value that it cannot have: both may come from JavaScript or a file. */
export function checkFlags(where: string, flags: OpenAIFlags): void {
  checkOptions(where, flags, known)
  for (const [flag, value] of Object.entries(flags))
    if (value !== undefined) checks[flag as keyof OpenAIFlags](where, flag, value)
}

/** Flags that say nothing of a classifier, in which they would have no effect. */
const ofUNets = [
  ...['learnSigma', 'classCond', 'smallSize', 'superResolution', 'numHeadsUpsample', 'diffusionSteps'],
  ...['noiseSchedule', 'rescaleTimesteps', 'predictXstart', 'sigmaSmall', 'timestepRespacing'],
] as const satisfies readonly (keyof OpenAIFlags)[]

/** @throws if a flag that is given says nothing of a classifier. */
export function refuseFlagsOfUNets(where: string, flags: OpenAIFlags): void {
  const flag = ofUNets.find((name) => flags[name] !== undefined)
  if (flag) throw new CascadeError('checkpoint', `${where}: ${flag} says nothing of a classifier, which this is`)
}

/** @throws if a flag that is given is none of the family's scripts. */
export function refuseFlagsOfOthers(where: string, flags: OpenAIFlags, family: OpenAIFamily): void {
  if (family !== 'improved-diffusion') return
  const flag = (['numHeadChannels', 'useNewAttentionOrder'] as const).find((name) => flags[name])
  if (flag)
    throw new CascadeError(
      'checkpoint',
      `${where}: networks of improved-diffusion have no ${flag}: guided-diffusion's may have`,
    )
}
