import type { UNetConfig } from '../config.ts'
import type { AttentionOrder } from './openai.ts'

/**
 * Flags of OpenAI's training and sampling scripts: as they are written in a shell, `--image_size 64 --class_cond True`, or by
 * name.
 */
export type OpenAiFlags = string | Readonly<Record<string, string | number | boolean>>

/** A network of OpenAI's in our words. */
export interface FromOpenAiFlags {
  config: UNetConfig
  /** What `fromGuidedDiffusion` must know besides. */
  attentionOrder: AttentionOrder
  /** The flags that say nothing of the network, such as `diffusion_steps`: whoever reads them finds misspellings. */
  rest: Record<string, string>
}

/** What flags leave open. */
export interface OpenAiFlagsOptions {
  /** Classes of a network with `class_cond`. Default 1000, which theirs always has. */
  numClasses?: number
  /** Whether the flags are those of `super_res_train.py` or `super_res_sample.py`. Default: whether there is a `large_size`. */
  superResolution?: boolean
}

/** How a family turns flags into a network. */
interface Family {
  name: string
  /** Multipliers by the size of images, of the network itself and of that which enlarges. */
  multipliers: Record<'model' | 'superResolution', Readonly<Record<number, readonly number[]>>>
  /** Whether a network may have heads by width, residual resampling, and for images alone multipliers and attention order. */
  guided: boolean
}

const large = [1, 1, 2, 2, 4, 4]
const small = [1, 2, 3, 4]

const improved: Family = {
  name: 'improvedDiffusionConfig',
  multipliers: {
    model: { 256: large, 64: small, 32: [1, 2, 2, 2] },
    superResolution: { 256: large, 64: small },
  },
  guided: false,
}

const guided: Family = {
  name: 'guidedDiffusionConfig',
  multipliers: {
    model: { 512: [0.5, 1, 1, 2, 2, 4, 4], 256: large, 128: [1, 1, 2, 3, 4], 64: small },
    superResolution: { 512: large, 256: large, 64: small },
  },
  guided: true,
}

/**
 * The network that flags of openai/improved-diffusion make. Those of a super-resolution network make it
 * enlarge images to `large_size`.
 * @throws if a flag cannot be read, or no multipliers belong to the size of images.
 */
export const improvedDiffusionConfig = (flags: OpenAiFlags, options: OpenAiFlagsOptions = {}): FromOpenAiFlags =>
  fromFlags(improved, flags, options)

/**
 * The network that flags of openai/guided-diffusion make, such as those published with its checkpoints. Those of a
 * super-resolution network make it enlarge images to `large_size`.
 * @throws if a flag cannot be read, or no multipliers belong to the size of images.
 */
export const guidedDiffusionConfig = (flags: OpenAiFlags, options: OpenAiFlagsOptions = {}): FromOpenAiFlags =>
  fromFlags(guided, flags, options)

function fromFlags(family: Family, given: OpenAiFlags, options: OpenAiFlagsOptions): FromOpenAiFlags {
  const read = new FlagReader(family.name, given)
  const { numClasses = 1000, superResolution = read.has('large_size') } = options
  const size = superResolution ? read.count('large_size', 256) : read.count('image_size', 64)
  if (superResolution) read.count('small_size', 64)
  const ownOrder = family.guided && !superResolution
  const multipliers =
    (ownOrder && read.numbers('channel_mult', '')) || defaultMultipliers(family, superResolution, size)
  const baseChannels = read.count('num_channels', 128)
  const heads = read.count('num_heads', 4)
  const headsUp = read.count('num_heads_upsample', -1)
  const headChannels = family.guided ? read.count('num_head_channels', -1) : -1
  const residual = family.guided && read.flag('resblock_updown', false)
  const heights = multipliers.map((_, level) => size / 2 ** level)
  // Theirs counts in factors of downsampling, rounded down; one that is not reached has no effect.
  const factors = read.numbers('attention_resolutions', '16,8')!.map((at) => Math.floor(size / at))
  const config: UNetConfig = {
    resolution: size,
    imageChannels: 3,
    outChannels: read.flag('learn_sigma', false) ? 6 : 3,
    baseChannels,
    channelMultipliers: multipliers,
    firstChannels: multipliers[0]! * baseChannels,
    residualBlocks: read.count('num_res_blocks', 2),
    attentionResolutions: heights.filter((_, level) => factors.includes(2 ** level)),
    ...(headChannels > 0
      ? { attentionHeadChannels: headChannels }
      : { attentionHeads: heads, attentionHeadsUp: headsUp > 0 ? headsUp : heads }),
    resampling: residual ? 'residual' : 'conv',
    ...(read.flag('class_cond', false) && { numClasses }),
    ...(superResolution && { lowRes: { channels: 3 } }),
    scaleShiftNorm: read.flag('use_scale_shift_norm', true),
    normGroups: 32,
    dropout: read.number('dropout', 0),
  }
  const isNew = ownOrder && read.flag('use_new_attention_order', false)
  // How it is computed changes nothing of the network.
  for (const name of ['use_checkpoint', ...(family.guided ? ['use_fp16'] : [])]) read.flag(name, false)
  return { config, attentionOrder: isNew ? 'new' : 'legacy', rest: read.rest() }
}

function defaultMultipliers(family: Family, superResolution: boolean, size: number): readonly number[] {
  const known = family.multipliers[superResolution ? 'superResolution' : 'model']
  if (known[size]) return known[size]
  const hint = family.guided && !superResolution ? ', or channel_mult' : ''
  throw new Error(
    `${family.name}: expected ${superResolution ? 'large_size' : 'image_size'} among ${Object.keys(known).join(', ')}${hint}, got ${size}`,
  )
}

/** Reads flags, and knows those that nobody has read. */
export class FlagReader {
  private readonly values: Map<string, string>
  private readonly unread: Set<string>

  constructor(
    private readonly name: string,
    flags: OpenAiFlags,
  ) {
    const entries = typeof flags === 'string' ? parse(name, flags) : Object.entries(flags)
    this.values = new Map(entries.map(([key, value]) => [key, String(value)]))
    this.unread = new Set(this.values.keys())
  }

  has(flag: string): boolean {
    return this.values.has(flag)
  }

  rest(): Record<string, string> {
    return Object.fromEntries([...this.unread].map((flag) => [flag, this.values.get(flag)!]))
  }

  number(flag: string, otherwise: number): number {
    const text = this.text(flag) ?? String(otherwise)
    const value = Number(text)
    if (text === '' || !Number.isFinite(value)) throw this.wrong(flag, 'a number', text)
    return value
  }

  /** An integer, which may be -1 for none. */
  count(flag: string, otherwise: number): number {
    const value = this.number(flag, otherwise)
    if (!(Number.isInteger(value) && (value > 0 || value === -1))) throw this.wrong(flag, 'a positive integer', value)
    return value
  }

  flag(flag: string, otherwise: boolean): boolean {
    const text = (this.text(flag) ?? String(otherwise)).toLowerCase()
    if (['true', 'yes', 't', 'y', '1'].includes(text)) return true
    if (['false', 'no', 'f', 'n', '0'].includes(text)) return false
    throw this.wrong(flag, 'True or False', text)
  }

  /** One of a few words, by default the first. */
  choice<Word extends string>(flag: string, words: readonly [Word, ...Word[]]): Word {
    const text = this.text(flag) ?? words[0]
    const word = words.find((known) => known === text)
    if (word === undefined) throw this.wrong(flag, `one of ${words.join(', ')}`, text)
    return word
  }

  /** Numbers between commas; none if there is nothing. */
  numbers(flag: string, otherwise: string): number[] | undefined {
    const text = this.text(flag) ?? otherwise
    if (text === '') return undefined
    const values = text.split(',').map(Number)
    if (!values.every((value) => value > 0)) throw this.wrong(flag, 'positive numbers between commas', text)
    return values
  }

  private text(flag: string): string | undefined {
    this.unread.delete(flag)
    return this.values.get(flag)
  }

  private wrong(flag: string, expected: string, got: unknown): Error {
    return new Error(`${this.name}: --${flag}: expected ${expected}, got ${got}`)
  }
}

/** `--name value` or `--name=value`, in any number. */
function parse(name: string, text: string): [string, string][] {
  const words = text.trim().split(/\s+/).filter(Boolean)
  const entries: [string, string][] = []
  for (let i = 0; i < words.length; i++) {
    const [, flag, given] = /^--([a-z_0-9]+)(?:=(.*))?$/.exec(words[i]!) ?? []
    if (!flag) throw new Error(`${name}: expected --flag value, got '${words[i]}'`)
    const value = given ?? words[++i]
    if (value === undefined || value.startsWith('--')) throw new Error(`${name}: --${flag}: expected a value, got none`)
    entries.push([flag, value.replace(/^(["'])(.*)\1$/, '$2')])
  }
  return entries
}
