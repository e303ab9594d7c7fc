import {
  CascadeError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  type KnownKeys,
  nearest,
  shown,
} from '@cascade-diffusion/checks'
import type { OpenAIFlags } from './flags.ts'

/** A type of flags. */
interface Kind {
  /** The value of a string; undefined if it stands for none, and the string itself if it cannot be read. */
  fromText(text: string): unknown
  /** @throws if a value has another type. */
  check(where: string, flag: string, value: unknown): void
}

const numberOf = (text: string): unknown => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : text)

const count: Kind = {
  fromText: (text) => (text === '-1' ? undefined : numberOf(text)),
  check: (where, flag, value) => void checkInteger(where, flag, value, { from: 1 }),
}
const rate: Kind = {
  fromText: numberOf,
  check: (where, flag, value) => void checkNumber(where, flag, value, { from: 0, to: 1 }),
}
const numbers: Kind = {
  fromText: (text) => (text === '' ? undefined : text.split(',').map(numberOf)),
  check(where, flag, value) {
    if (!Array.isArray(value))
      throw new CascadeError('input', `${where}: expected ${flag}, a list of numbers, got ${shown(value)}`)
    for (const number of value)
      if (!(checkNumber(where, `a number in ${flag}`, number) > 0))
        throw new CascadeError('input', `${where}: expected positive numbers in ${flag}, got ${number}`)
  },
}
const boolean: Kind = {
  // The words of Python's scripts.
  fromText(text) {
    const word = text.toLowerCase()
    if (['true', 'yes', 't', 'y', '1'].includes(word)) return true
    return ['false', 'no', 'f', 'n', '0'].includes(word) ? false : text
  },
  check(where, flag, value) {
    if (typeof value !== 'boolean')
      throw new CascadeError('input', `${where}: expected ${flag}, true or false, got ${shown(value)}`)
  },
}
const oneOf = (words: readonly string[]): Kind => ({
  fromText: (text) => text,
  check: (where, flag, value) => void checkOneOf(where, flag, value, words),
})
const text: Kind = {
  fromText: (given) => given,
  check(where, flag, value) {
    if (typeof value !== 'string')
      throw new CascadeError('input', `${where}: expected ${flag}, a string, got ${shown(value)}`)
  },
}

/** The type of each flag, and its names in a shell. If several are given, the last one holds. */
const table: Readonly<Record<keyof OpenAIFlags, readonly [kind: Kind, ...names: string[]]>> = {
  numChannels: [count, 'num_channels', 'classifier_width'],
  numResBlocks: [count, 'num_res_blocks', 'classifier_depth'],
  channelMult: [numbers, 'channel_mult'],
  attentionResolutions: [numbers, 'attention_resolutions', 'classifier_attention_resolutions'],
  classCond: [boolean, 'class_cond'],
  learnSigma: [boolean, 'learn_sigma'],
  useScaleShiftNorm: [boolean, 'use_scale_shift_norm', 'classifier_use_scale_shift_norm'],
  resblockUpdown: [boolean, 'resblock_updown', 'classifier_resblock_updown'],
  pool: [oneOf(['attention', 'adaptive', 'spatial', 'spatial_v2']), 'classifier_pool'],
  imageSize: [count, 'image_size', 'large_size'],
  imageChannels: [count, 'in_channels'],
  smallSize: [count, 'small_size'],
  superResolution: [boolean, 'super_resolution'],
  numHeads: [count, 'num_heads'],
  numHeadsUpsample: [count, 'num_heads_upsample'],
  numHeadChannels: [count, 'num_head_channels'],
  useNewAttentionOrder: [boolean, 'use_new_attention_order'],
  dropout: [rate, 'dropout'],
  diffusionSteps: [count, 'diffusion_steps'],
  noiseSchedule: [oneOf(['linear', 'cosine']), 'noise_schedule'],
  rescaleTimesteps: [boolean, 'rescale_timesteps'],
  predictXstart: [boolean, 'predict_xstart'],
  sigmaSmall: [boolean, 'sigma_small'],
  timestepRespacing: [text, 'timestep_respacing'],
}

const known = Object.fromEntries(Object.keys(table).map((flag) => [flag, true])) as KnownKeys<OpenAIFlags>

/** Flags that describe neither the network nor its process. */
const ignored = [
  ...['use_fp16', 'use_checkpoint', 'classifier_use_fp16', 'classifier_scale', 'classifier_path', 'model_path'],
  ...['base_samples', 'batch_size', 'num_samples', 'use_ddim', 'use_kl', 'rescale_learned_sigmas', 'clip_denoised'],
]

/**
 * Reads flags of OpenAI's scripts, either an object or a shell's words: `--image_size 64 --num_heads 4`. In a shell -1
 * and an empty string stand for none, and flags such as `batch_size`, which do not describe the network, are ignored. A
 * command may have flags of a U-Net beside those of its classifier, which begin with `classifier_`. `large_size` makes
 * a super-resolution network.
 * @param kind the network whose flags are wanted.
 * @param where the name of the caller, for errors.
 * @throws if a flag is unknown or has a value of another type.
 */
export function readOpenAIFlags(
  given: string | OpenAIFlags,
  kind: 'unet' | 'classifier' = 'unet',
  where = 'flags',
): OpenAIFlags {
  if (typeof given === 'string') return fromShell(where, given, kind)
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new CascadeError('input', `${where}: expected flags as a string or an object, got ${shown(given)}`)
  checkOptions(where, given, known)
  const flags = Object.entries(given).filter(([, value]) => value !== undefined)
  for (const [flag, value] of flags) table[flag as keyof OpenAIFlags][0].check(where, flag, value)
  return Object.fromEntries(flags)
}

function fromShell(where: string, given: string, kind: 'unet' | 'classifier'): OpenAIFlags {
  const texts = new Map(words(where, given))
  const names = Object.values(table).flatMap(([, ...each]) => each)
  const unknown = [...texts.keys()].find((name) => !names.includes(name) && !ignored.includes(name))
  if (unknown !== undefined) {
    const close = nearest(unknown, [...names, ...ignored])
    const hint = close ? `Did you mean --${close}?` : `There are ${names.join(', ')}`
    throw new CascadeError('input', `${where}: unknown flag --${unknown}. ${hint}`)
  }
  const wanted = wantedNames(texts, kind)
  const flags: Record<string, unknown> = {}
  for (const [flag, [{ fromText, check }, ...itsNames]] of Object.entries(table))
    for (const name of itsNames.filter((each) => texts.has(each))) {
      const value = fromText(texts.get(name) as string)
      if (value !== undefined) check(where, `--${name}`, value)
      if (value !== undefined && wanted(name)) flags[flag] = value
    }
  const isSuperResolution = texts.has('large_size') && !texts.has('small_size') && !texts.has('super_resolution')
  return isSuperResolution ? { ...flags, superResolution: true } : flags
}

const isOfClassifiers = (name: string) => name.startsWith('classifier_')

/** Which names are read. If flags are given for both a U-Net and its classifier, those of the wanted one. */
function wantedNames(texts: ReadonlyMap<string, string>, kind: 'unet' | 'classifier'): (name: string) => boolean {
  const isGiven = (name: string) => texts.has(name)
  const pairs = Object.values(table).map(([, ...names]) => names)
  const ofBoth =
    pairs.some((names) => names.filter(isOfClassifiers).some(isGiven)) &&
    pairs.some((names) => names.some(isOfClassifiers) && names.some((name) => !isOfClassifiers(name) && isGiven(name)))
  return (name) => {
    if (name === 'classifier_pool') return kind === 'classifier'
    return !ofBoth || name === 'image_size' || isOfClassifiers(name) === (kind === 'classifier')
  }
}

/** `--name value` or `--name=value`, in any number. */
function words(where: string, text: string): [string, string][] {
  const parts = text.trim().split(/\s+/).filter(Boolean)
  const entries: [string, string][] = []
  for (let i = 0; i < parts.length; i++) {
    const [, flag, given] = /^--([a-z_0-9]+)(?:=(.*))?$/.exec(parts[i]!) ?? []
    if (!flag) throw new CascadeError('input', `${where}: expected --flag value, got '${parts[i]}'`)
    const value = given ?? parts[++i]
    if (value === undefined || value.startsWith('--'))
      throw new CascadeError('input', `${where}: expected a value of --${flag}, got none`)
    entries.push([flag, value.replace(/^(["'])(.*)\1$/, '$2')])
  }
  return entries
}
