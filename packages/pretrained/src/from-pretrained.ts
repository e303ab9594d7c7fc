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
   * Of checkpoints of improved- and guided-diffusion: what their weights cannot tell. For files with the name of one that OpenAI has
   * published, that one's flags are known, and these take their place one by one. Also as they are written in a shell:
   * `--image_size 64 --num_heads 4`.
   */
  readonly flags?: OpenAIFlags | string
  /** Of the same: the name of a published checkpoint whose flags hold: for a file that is called otherwise. */
  readonly preset?: string
  /** Of the same: whose code it was. Default: what the name tells, else `guided-diffusion`. */
  readonly family?: OpenAIFamily
  /** Under which names the weights lie, in a file of several networks: `ema.`. */
  readonly prefix?: string
  /** Of diffusers' networks without `sample_size`: height and width of the images. */
  readonly imageSize?: number
  /** Of diffusers' networks: the process that they were trained on. `scheduler_config.json` is then not read. */
  readonly process?: ProcessConfig
  /** Of a stage of ours: code of your own, which a checkpoint cannot hold. */
  readonly own?: LoadStageOptions
}

const knownOptions: KnownKeys<FromPretrainedOptions> = {
  flags: true,
  preset: true,
  family: true,
  prefix: true,
  imageSize: true,
  process: true,
  own: true,
  variant: true,
  average: true,
  cache: true,
  refresh: true,
  sha256: true,
  headers: true,
  signal: true,
  onProgress: true,
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
  /** Height and width of the small images that it enlarges, if it does and they are known. */
  readonly lowResolution?: number
  /** The network, also as a stage takes it. */
  readonly network: UNet
  /** The process that it was trained on. `processOf` of `@cascade-diffusion/cascade` makes it. */
  readonly process: ProcessConfig
  /**
   * What flags say of sampling: `spacing` is OpenAI's `timestep_respacing`, as `respace` and the options of `stageSampler` take it.
   * Empty if they say nothing.
   */
  readonly sampling: { readonly spacing?: Spacing }
  /** The file that the weights are from, by its name in the folder that was asked for: `unet_ema/diffusion_pytorch_model.safetensors`. */
  readonly file: string
  /**
   * What nobody told: names of parts of `process`, or of OpenAI's flags, that are the defaults of where it comes from; with
   * `superResolution`, that four channels were taken for those of an image.
   */
  readonly assumed: readonly string[]
}

/** A classifier of noisy images with weights: what guides a stage, as `stageSampler` of `cascade` takes it. */
export interface PretrainedClassifier {
  readonly kind: 'classifier'
  readonly family: 'guided-diffusion' | 'cascade-diffusion'
  readonly config: EncoderConfig
  readonly params: Params<NDArray>
  readonly classifier: Encoder
  /** Flags that nobody gave and the weights do not tell: they are what the scripts of guided-diffusion have. */
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
 * Loads a network with its weights, from a path or an address, and says what it is:
 * - checkpoints (`.pt`) of improved-diffusion and guided-diffusion. Those that OpenAI has published are known by their names;
 *   of others the architecture is read off the weights, and `flags` says the rest;
 * - folders that diffusers' `UNet2DModel.save_pretrained`, or a pipeline's, has left, also in shards; or the file of weights in one;
 * - training checkpoints of our own stages and classifiers, and exported files.
 *
 * What has an address is downloaded into the cache once, and resumed and checked as `cachedFile` of `@cascade-diffusion/downloads` says.
 * @throws saying what is missing or wrong: that nothing is there, flags that have to be given, names or shapes that do not fit; options
 * and flags that are unknown, of another kind, or without effect on what the file holds.
 */
export async function fromPretrained(pathOrUrl: string, options: FromPretrainedOptions = {}): Promise<Pretrained> {
  const { flags, preset, family, prefix, imageSize, process, own, ...rest } = options
  checkOptions('fromPretrained', options, knownOptions)
  if (typeof pathOrUrl !== 'string')
    throw new CascadeError('checkpoint', `fromPretrained: expected a path or an address, got ${shown(pathOrUrl)}`)
  if (family !== undefined) checkOneOf('fromPretrained', 'family', family, ['improved-diffusion', 'guided-diffusion'])
  if (flags !== undefined && typeof flags !== 'string') flagsOf(flags, 'unet')
  if (rest.sha256 !== undefined && !/^https?:/i.test(pathOrUrl))
    throw new CascadeError(
      'checkpoint',
      `fromPretrained: expected no sha256 for ${pathOrUrl}: it is compared with what comes from an address`,
    )
  const presetOf = publishedNamed(preset)
  const located = await locate(pathOrUrl, rest)
  const refuse = (what: string, names: readonly (keyof FromPretrainedOptions)[]) => {
    for (const name of names)
      if (options[name] !== undefined)
        throw new CascadeError(
          'checkpoint',
          `${located.weights}: expected no ${name} for ${what}, ${instead[name] ?? 'on which it has no effect'}`,
        )
  }
  const file = await openCheckpoint(located.weights)
  try {
    if (file.metadata.format?.startsWith('cascade-diffusion ')) {
      refuse('a file of ours, which says what it is', ['flags', 'preset', 'family', 'prefix', 'imageSize', 'process'])
      return await loadOwn(located, file, own)
    }
    // If some of its tensors cannot be read, that is what the error of reading them says.
    const found = findStateDict(located.weights, [...file.names, ...file.unreadable.keys()], prefix)
    if (found.naming === 'lucidrains') throw new CascadeError('checkpoint', `${located.weights}: ${noLucidrains}`)
    if (found.naming === 'diffusers') {
      refuse('a network of diffusers', ['flags', 'preset', 'family', 'own'])
      const stateDict = handOver(await readUnder(found.prefix, file))
      return unetOf('diffusers', located, await diffusersFiles(located, stateDict, imageSize, process))
    }
    refuse("a network of OpenAI's code", ['imageSize', 'process', 'own'])
    const stateDict = handOver(await readUnder(found.prefix, file))
    const kind = isClassifier(stateDict) ? 'classifier' : 'unet'
    if (presetOf && presetOf.kind !== kind)
      throw new CascadeError('checkpoint', `${located.weights}: expected a preset of a ${kind}, got '${preset}'`)
    const published = presetOf ?? publishedAs(pathOrUrl)
    const given = flags === undefined ? undefined : flagsOf(flags, kind)
    // A command may have the flags of a U-Net beside those of its classifier.
    if (typeof flags === 'object') refuseFlagsOfOtherKinds(located.weights, flags, kind)
    const all = together(published?.flags, given)
    if (kind === 'classifier') {
      if (family === 'improved-diffusion') refuse('a classifier, which improved-diffusion has not', ['family'])
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

/** Where an option that has no effect is to go. */
const instead: Partial<Record<keyof FromPretrainedOptions, string>> = {
  imageSize: 'whose size is a flag: { flags: { imageSize } }',
}

/** The tensors whose names begin so, without that. Others, such as an optimizer's, do not come into memory. */
async function readUnder(prefix: string, file: TensorFile): Promise<Params<NDArray>> {
  const tensors = Object.entries(await file.readAll((name) => name.startsWith(prefix)))
  return Object.fromEntries(tensors.map(([name, array]) => [name.slice(prefix.length), array]))
}

const noLucidrains =
  'a network of denoising-diffusion-pytorch: its blocks have weight-standardised convolutions, linear attention and RMS norms, which no network here has'

/** Flags in place of others; heads are given in one way or the other. */
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

async function loadOwn(located: Located, file: TensorFile, own: LoadStageOptions = {}): Promise<Pretrained> {
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
    ? { stage: describedStage(stage, weights, own), params: await file.readAll() }
    : await loadStage(weights, own)
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
    'checkpoint',
    `fromPretrained: expected a preset of ${names.join(', ')}; got ${shown(preset)}${close ? `. Did you mean '${close}'?` : ''}`,
  )
}
