import type { NDArray, Params } from '@cascade-diffusion/arrays'
import {
  describedStage,
  type LoadStageOptions,
  loadClassifier,
  loadStage,
  type Stage,
} from '@cascade-diffusion/cascade'
import { openCheckpoint, type TensorFile } from '@cascade-diffusion/checkpoints'
import { CascadeError, checkOneOf, checkOptions, type KnownKeys, nearest, shown } from '@cascade-diffusion/checks'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import type { Spacing } from '@cascade-diffusion/schedules'
import {
  type Encoder,
  type EncoderConfig,
  encoder,
  type OpenAIFamily,
  type OpenAIFlags,
  type UNet,
  type UNetConfig,
  unet,
} from '@cascade-diffusion/unet'
import { loadDiffusers } from './diffusers/load.ts'
import { handOver } from './hand-over.ts'
import { type Located, type LocateOptions, locate } from './locate.ts'
import { flagsOf, refuseFlagsOfOtherFamilies, refuseFlagsOfOtherKinds } from './openai/check-flags.ts'
import { loadOpenAIUNet } from './openai/load.ts'
import { loadOpenAIClassifier } from './openai/load-classifier.ts'
import { publishedAs, publishedCheckpoints } from './openai/published.ts'
import { findStateDict } from './state-dict.ts'
import { written } from './weights-file.ts'

/** Options of {@link fromPretrained}. */
export interface FromPretrainedOptions extends LocateOptions {
  /**
   * For checkpoints of improved- and guided-diffusion: what does not follow from their weights, as an object or in a
   * shell's words: `--image_size 64 --num_heads 4`. A file with the name of a checkpoint that OpenAI published has its
   * flags; those given here replace them one by one.
   */
  readonly flags?: OpenAIFlags | string
  /** For the same: the name of a published checkpoint whose flags hold, for a file with another name. */
  readonly preset?: string
  /** For the same: the repository whose code it is for. Default: that of the name, or `guided-diffusion`. */
  readonly family?: OpenAIFamily
  /** The prefix of the names of the weights, in a file of several networks: `ema.`. */
  readonly prefix?: string
  /** For networks of diffusers without `sample_size`: height and width of the images. */
  readonly imageSize?: number
  /** For networks of diffusers: the process that they were trained on, in place of `scheduler_config.json`. */
  readonly process?: ProcessConfig
  /** For a stage of ours: its custom code, which a checkpoint cannot contain. */
  readonly custom?: LoadStageOptions
}

const knownOptions: KnownKeys<FromPretrainedOptions> = {
  flags: true,
  preset: true,
  family: true,
  prefix: true,
  imageSize: true,
  process: true,
  custom: true,
  variant: true,
  average: true,
  cache: true,
  refresh: true,
  sha256: true,
  headers: true,
  signal: true,
  progress: true,
  attempts: true,
  retryDelay: true,
  stallAfter: true,
}

/** A U-Net with weights. */
export interface PretrainedUNet {
  readonly kind: 'unet'
  readonly family: OpenAIFamily | 'diffusers' | 'cascade-diffusion'
  readonly config: UNetConfig
  readonly params: Params<NDArray<'float32'>>
  /**
   * The size of the low-resolution images of a super-resolution network, if it is known: the side of a square, or
   * [height, width].
   */
  readonly lowResolution?: UNetConfig['resolution']
  /** The network, as a stage takes it too. */
  readonly network: UNet
  /** The process that it was trained on. `processOf` of `@cascade-diffusion/cascade` makes it. */
  readonly process: ProcessConfig
  /**
   * What flags say about sampling. `spacing` is OpenAI's `timestep_respacing`, as `respace` and `stageSampler` take it.
   */
  readonly sampling: { readonly spacing?: Spacing }
  /**
   * The file of the weights, by its name in the folder that was given: `unet_ema/diffusion_pytorch_model.safetensors`.
   */
  readonly file: string
  /**
   * What is assumed: parts of `process`, or flags of OpenAI, that are defaults. `superResolution` means that four
   * channels are taken as those of an image.
   */
  readonly assumed: readonly string[]
}

/** A classifier of noisy images with weights. `stageSampler` of `cascade` takes it for guidance. */
export interface PretrainedClassifier {
  readonly kind: 'classifier'
  readonly family: 'guided-diffusion' | 'cascade-diffusion'
  readonly config: EncoderConfig
  readonly params: Params<NDArray>
  readonly classifier: Encoder
  /** Flags that were not given and do not follow from the weights; they have the defaults of guided-diffusion. */
  readonly assumed: readonly string[]
}

/** A stage of ours with weights. */
export interface PretrainedStage {
  readonly kind: 'stage'
  readonly family: 'cascade-diffusion'
  readonly stage: Stage
  readonly params: Params<NDArray>
}

/** What {@link fromPretrained} finds. */
export type Pretrained = PretrainedUNet | PretrainedClassifier | PretrainedStage

/**
 * Loads a network with its weights from a path or an address, and identifies it:
 * - Checkpoints (`.pt`) of improved-diffusion and guided-diffusion. Those that OpenAI published are recognised by their
 *   names. The architecture of others follows from the weights, and the rest from `flags`.
 * - Folders that `save_pretrained` of diffusers' `UNet2DModel` or of a pipeline has written, with shards too, or the
 *   file of weights in one.
 * - Training checkpoints of our stages and classifiers, and exported files.
 * An address is downloaded into the cache once, resumed and checked as by `cachedFile` of
 * `@cascade-diffusion/downloads`.
 * @throws with what is missing or wrong: there is no such file; flags are missing; names or shapes do not fit; options
 * or flags are unknown, have another type, or have no effect on what the file contains.
 */
export async function fromPretrained(pathOrUrl: string, options: FromPretrainedOptions = {}): Promise<Pretrained> {
  const { flags, preset, family, prefix, imageSize, process, custom, ...rest } = options
  checkOptions('fromPretrained', options, knownOptions)
  if (typeof pathOrUrl !== 'string')
    throw new CascadeError('input', `fromPretrained: expected a path or an address, got ${shown(pathOrUrl)}`)
  if (family !== undefined) checkOneOf('fromPretrained', 'family', family, ['improved-diffusion', 'guided-diffusion'])
  if (flags !== undefined && typeof flags !== 'string') flagsOf(flags, 'unet')
  if (rest.sha256 !== undefined && !/^https?:/i.test(pathOrUrl))
    throw new CascadeError('input', `fromPretrained: expected no sha256 for ${pathOrUrl}: it checks a download`)
  const presetOf = publishedNamed(preset)
  const located = await locate(pathOrUrl, rest)
  const refuse = (what: string, names: readonly (keyof FromPretrainedOptions)[]) => {
    for (const name of names)
      if (options[name] !== undefined)
        throw new CascadeError(
          'input',
          `${located.weights}: expected no ${name} for ${what}, ${instead[name] ?? 'on which it has no effect'}`,
        )
  }
  const file = await openCheckpoint(located.weights)
  try {
    if (file.metadata.format?.startsWith('cascade-diffusion ')) {
      refuse('a file of ours, which describes itself', ['flags', 'preset', 'family', 'prefix', 'imageSize', 'process'])
      return await loadOwn(located, file, custom)
    }
    // Tensors that cannot be read have an error of their own when they are read.
    const found = findStateDict(located.weights, [...file.names, ...file.unreadable.keys()], prefix)
    if (found.naming === 'lucidrains') throw new CascadeError('unsupported', `${located.weights}: ${noLucidrains}`)
    if (found.naming === 'diffusers') {
      refuse('a network of diffusers', ['flags', 'preset', 'family', 'custom'])
      const stateDict = handOver(await readUnder(found.prefix, file))
      return unetOf('diffusers', located, await diffusersFiles(located, stateDict, imageSize, process))
    }
    refuse("a network of OpenAI's code", ['imageSize', 'process', 'custom'])
    const stateDict = handOver(await readUnder(found.prefix, file))
    const kind = isClassifier(stateDict) ? 'classifier' : 'unet'
    if (presetOf && presetOf.kind !== kind)
      throw new CascadeError('input', `${located.weights}: expected a preset of a ${kind}, got '${preset}'`)
    const published = presetOf ?? publishedAs(pathOrUrl)
    const given = flags === undefined ? undefined : flagsOf(flags, kind)
    // A command may have the flags of a U-Net beside those of its classifier.
    if (typeof flags === 'object') refuseFlagsOfOtherKinds(located.weights, flags, kind)
    const all = together(published?.flags, given)
    if (kind === 'classifier') {
      if (family === 'improved-diffusion') refuse('a classifier, since improved-diffusion has none', ['family'])
      const loaded = loadOpenAIClassifier(located.weights, stateDict, all)
      return { kind, family: 'guided-diffusion', ...loaded, classifier: encoder(loaded.config) }
    }
    const whose = family ?? published?.family ?? 'guided-diffusion'
    if (given) refuseFlagsOfOtherFamilies(located.weights, given, whose)
    return unetOf(whose, located, loadOpenAIUNet(located.weights, stateDict, whose, all))
  } finally {
    await file.close()
  }
}

/** Where an option without effect belongs. */
const instead: Partial<Record<keyof FromPretrainedOptions, string>> = {
  imageSize: 'whose size is a flag: { flags: { imageSize } }',
}

/** The tensors whose names have a prefix, without it. Others, such as those of an optimizer, are not read. */
async function readUnder(prefix: string, file: TensorFile): Promise<Params<NDArray>> {
  const tensors = Object.entries(await file.readAll((name) => name.startsWith(prefix)))
  return Object.fromEntries(tensors.map(([name, array]) => [name.slice(prefix.length), array]))
}

const noLucidrains =
  'a network of denoising-diffusion-pytorch: its blocks have weight-standardised convolutions, linear attention and RMS norms, which networks here do not have'

/** Known flags replaced by given ones. Heads are given in one way or the other. */
function together(known: OpenAIFlags = {}, given: OpenAIFlags = {}): OpenAIFlags {
  const { numHeads, numHeadsUpsample, numHeadChannels, ...rest } = known
  return given.numHeads === undefined && given.numHeadChannels === undefined
    ? { ...known, ...given }
    : { ...rest, ...given }
}

const isClassifier = (stateDict: Params<NDArray>) =>
  !Object.keys(stateDict).some((name) => name.startsWith('output_blocks.'))

const unetOf = (
  family: PretrainedUNet['family'],
  { name }: Located,
  loaded: Omit<PretrainedUNet, 'kind' | 'family' | 'network' | 'file' | 'sampling'> &
    Partial<Pick<PretrainedUNet, 'sampling'>>,
): PretrainedUNet => ({ kind: 'unet', family, network: unet(loaded.config), file: name, sampling: {}, ...loaded })

async function loadOwn(located: Located, file: TensorFile, custom: LoadStageOptions = {}): Promise<Pretrained> {
  const { weights } = located
  const { stage, unet } = written(file.metadata)
  const family = 'cascade-diffusion'
  if (unet) {
    const params = (await file.readAll()) as Params<NDArray<'float32'>>
    return unetOf(family, located, { ...unet, params, assumed: [] })
  }
  if (file.metadata.kind === 'classifier') {
    const { classifier, params } = await loadClassifier(weights)
    return { kind: 'classifier', family, config: classifier.config, classifier, params, assumed: [] }
  }
  const loaded = stage
    ? { stage: describedStage(stage, weights, custom), params: await file.readAll() }
    : await loadStage(weights, custom)
  return { kind: 'stage', family, ...loaded }
}

async function diffusersFiles(
  located: Located,
  stateDict: Params<NDArray>,
  imageSize: number | undefined,
  process: ProcessConfig | undefined,
) {
  const config = await located.json('config.json')
  if (!config)
    throw new CascadeError(
      'checkpoint',
      `${located.weights}: expected config.json beside the weights of a network of diffusers, there is none`,
    )
  const scheduler = process
    ? { process }
    : { json: await located.json('scheduler_config.json', '../scheduler/scheduler_config.json') }
  return loadDiffusers(stateDict, config, scheduler, imageSize)
}

function publishedNamed(preset: string | undefined) {
  if (preset === undefined) return undefined
  const names = Object.keys(publishedCheckpoints)
  if (typeof preset === 'string' && Object.hasOwn(publishedCheckpoints, preset)) return publishedCheckpoints[preset]
  const close = typeof preset === 'string' ? nearest(preset, names) : undefined
  throw new CascadeError(
    'input',
    `fromPretrained: expected a preset of ${names.join(', ')}; got ${shown(preset)}${close ? `. Did you mean '${close}'?` : ''}`,
  )
}
