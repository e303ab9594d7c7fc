import type { NDArray } from '@cascade-diffusion/arrays'
import {
  describedStage,
  type LoadStageOptions,
  loadClassifier,
  loadStage,
  type ProcessConfig,
  type Stage,
} from '@cascade-diffusion/cascade'
import { openCheckpoint, type TensorFile } from '@cascade-diffusion/checkpoints'
import {
  type Encoder,
  type EncoderConfig,
  encoder,
  type Params,
  type UNet,
  type UNetConfig,
  unet,
} from '@cascade-diffusion/unet'
import { loadDiffusers } from './diffusers/load.ts'
import { handOver } from './hand-over.ts'
import { type Located, type LocateOptions, locate } from './locate.ts'
import type { OpenAIFamily, OpenAIFlags } from './openai/flags.ts'
import { loadOpenAIUNet } from './openai/load.ts'
import { loadOpenAIClassifier } from './openai/load-classifier.ts'
import { parseFlags } from './openai/parse-flags.ts'
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
  /** The name of a published checkpoint whose flags hold: for a file that is called otherwise. */
  readonly preset?: string
  /** Whose code it was. Default: what the name tells, else `guided-diffusion`. */
  readonly family?: OpenAIFamily
  /** Under which names the weights lie, in a file of several networks: `ema.`. */
  readonly prefix?: string
  /** Of diffusers' networks without `sample_size`: height and width of the images. */
  readonly imageSize?: number
  /** Of a stage of ours: code of your own, which a checkpoint cannot hold. */
  readonly own?: LoadStageOptions
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
  /** Which parts of `process` nobody told: they are the defaults of where it comes from. */
  readonly assumed: readonly string[]
}

/** A classifier of noisy images with weights: what guides a stage, as `stageSampler` of `cascade` takes it. */
export interface PretrainedClassifier {
  readonly kind: 'classifier'
  readonly family: 'guided-diffusion' | 'cascade-diffusion'
  readonly config: EncoderConfig
  readonly params: Params<NDArray>
  readonly classifier: Encoder
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
 * @throws saying what is missing or wrong: that nothing is there, flags that have to be given, names or shapes that do not fit.
 */
export async function fromPretrained(pathOrUrl: string, options: FromPretrainedOptions = {}): Promise<Pretrained> {
  const { flags, preset, family, prefix, imageSize, own, ...rest } = options
  const located = await locate(pathOrUrl, rest)
  const file = await openCheckpoint(located.weights)
  try {
    if (file.metadata.format?.startsWith('cascade-diffusion ')) return await loadOwn(located, file, own)
    const found = findStateDict(located.weights, file.names, prefix)
    if (found.naming === 'lucidrains') throw new Error(`${located.weights}: ${noLucidrains}`)
    const published = publishedNamed(preset) ?? publishedAs(pathOrUrl)
    const all = together(published?.flags, typeof flags === 'string' ? parseFlags(flags) : flags)
    const stateDict = handOver(await readUnder(found.prefix, file))
    if (found.naming === 'diffusers') return unetOf('diffusers', await diffusersFiles(located, stateDict, imageSize))
    if (isClassifier(stateDict)) {
      const { config, params } = loadOpenAIClassifier(located.weights, stateDict, all)
      return { kind: 'classifier', family: 'guided-diffusion', config, params, classifier: encoder(config) }
    }
    const whose = family ?? published?.family ?? 'guided-diffusion'
    return unetOf(whose, loadOpenAIUNet(located.weights, stateDict, whose, all))
  } finally {
    await file.close()
  }
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
  loaded: Omit<PretrainedUNet, 'kind' | 'family' | 'network'>,
): PretrainedUNet => ({ kind: 'unet', family, network: unet(loaded.config), ...loaded })

async function loadOwn({ weights }: Located, file: TensorFile, own: LoadStageOptions = {}): Promise<Pretrained> {
  const { stage, unet } = written(file.metadata)
  const family = 'cascade-diffusion'
  if (unet) {
    const params = (await file.readAll()) as Params<NDArray<'float32'>>
    return unetOf(family, { ...unet, params, assumed: [] })
  }
  if (file.metadata.kind === 'classifier') {
    const { classifier, params } = await loadClassifier(weights)
    return { kind: 'classifier', family, config: classifier.config, classifier, params }
  }
  const loaded = stage
    ? { stage: describedStage(stage, weights, own), params: await file.readAll() }
    : await loadStage(weights, own)
  return { kind: 'stage', family, ...loaded }
}

async function diffusersFiles(located: Located, stateDict: Params<NDArray>, imageSize: number | undefined) {
  const config = await located.json('config.json')
  if (!config)
    throw new Error(
      `${located.weights}: expected config.json beside the weights of a network of diffusers, there is none`,
    )
  const scheduler = await located.json('scheduler_config.json', '../scheduler/scheduler_config.json')
  return loadDiffusers(stateDict, config, scheduler, imageSize)
}

function publishedNamed(preset: string | undefined) {
  if (preset === undefined) return undefined
  if (!Object.hasOwn(publishedCheckpoints, preset))
    throw new Error(
      `fromPretrained: expected a preset of ${Object.keys(publishedCheckpoints).join(', ')}; got '${preset}'`,
    )
  return publishedCheckpoints[preset]
}
