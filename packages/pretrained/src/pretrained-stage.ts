import { isDeepStrictEqual } from 'node:util'
import {
  baseStage,
  describedStage,
  type Stage,
  type StageDescription,
  superResolutionStage,
  type TrainedStage,
} from '@cascade-diffusion/cascade'
import { CascadeError, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import type { AugmentationConfig } from '@cascade-diffusion/conditioning-augmentation'
import { type ImageSize, imageSize } from '@cascade-diffusion/data'
import type { Pretrained, PretrainedUNet } from './from-pretrained.ts'

/** Options of {@link pretrainedStage}. */
export interface PretrainedStageOptions {
  /** The name of the stage; of a stage of ours, its own. */
  readonly name: string
  /** The classes of a class-conditional network, in its order. Default: `'0'`, `'1'`, … */
  readonly classNames?: readonly string[]
  /** The size of the images that a super-resolution network takes, if the checkpoint does not say it. */
  readonly lowResolution?: number | ImageSize
  /** How a super-resolution network's small images were corrupted in training. Default none. */
  readonly augmentation?: AugmentationConfig
}

const knownOptions: KnownKeys<PretrainedStageOptions> = {
  name: true,
  classNames: true,
  lowResolution: true,
  augmentation: true,
}

/**
 * What `fromPretrained` found as a stage of a cascade. A published network becomes a base, or a super-resolution stage if
 * it takes low-resolution images: `saveCascade` saves it like any stage, and `readCascade` needs nothing handed in. A
 * stage of ours is one already; options that say what it is not are refused.
 * @throws if a classifier was found, or the options do not fit what was; of code `unsupported` if a saved stage could not
 * describe the network.
 */
export function pretrainedStage(found: Pretrained, options: PretrainedStageOptions): TrainedStage {
  const where = 'pretrainedStage'
  const kind: unknown = found?.kind
  if (kind !== 'unet' && kind !== 'stage')
    throw new CascadeError(
      'input',
      `${where}: expected a U-Net or a stage of fromPretrained, got ${shown(kind)}` +
        (kind === 'classifier' ? ', which is no stage: it guides one' : ''),
    )
  checkOptions(where, options, knownOptions)
  if (found.kind === 'stage') {
    checkStage(found.stage, options)
    return { stage: found.stage, params: found.params }
  }
  const network = found as PretrainedUNet
  const stage = stageOf(network, options)
  checkDescription(stage, network)
  return { stage, params: network.params }
}

/** @throws if an option is not that of the stage. */
function checkStage(stage: Stage, { lowResolution, ...given }: PretrainedStageOptions): void {
  const { name, description } = stage
  const where = `stage '${name}'`
  const own: PretrainedStageOptions = {
    name,
    classNames: stage.classNames,
    lowResolution: stage.kind === 'super-resolution' ? stage.lowSize : undefined,
    augmentation: description.augmentation as AugmentationConfig | undefined,
  }
  const asked = { ...given, lowResolution: lowResolution && imageSize(where, lowResolution) }
  for (const key of Object.keys(own) as (keyof PretrainedStageOptions)[])
    if (asked[key] !== undefined && !isDeepStrictEqual(asked[key], own[key]))
      throw new CascadeError(
        'input',
        `${where}: expected ${own[key] === undefined ? `no ${key}` : `${key} ${shownOption(own[key])}`}, as the stage ` +
          `found has it, got ${shownOption(asked[key])}`,
      )
}

const shownOption = (option: unknown): string => (typeof option === 'string' ? shown(option) : JSON.stringify(option))

function stageOf(found: PretrainedUNet, options: PretrainedStageOptions): Stage {
  const { config, network, process, file } = found
  const { name, augmentation } = options
  const where = `stage '${name}'`
  const { resolution, imageChannels } = config
  const common = { name, resolution, imageChannels, classNames: classesOf(where, found, options), process, network }
  if (!config.lowRes) {
    for (const key of ['lowResolution', 'augmentation'] as const)
      if (options[key] !== undefined)
        throw new CascadeError('input', `${where}: expected no ${key}, since ${file} takes no low-resolution images`)
    return baseStage(common)
  }
  const lowResolution = options.lowResolution ?? found.lowResolution
  if (lowResolution === undefined)
    throw new CascadeError('input', `${where}: expected lowResolution, the size of the images that ${file} takes`)
  const known = found.lowResolution
  if (known !== undefined && String(imageSize(where, lowResolution)) !== String(imageSize(where, known)))
    throw new CascadeError(
      'input',
      `${where}: expected lowResolution ${known}, as ${file} has it, got ${shown(lowResolution)}`,
    )
  return superResolutionStage({ ...common, lowResolution, augmentation: augmentation ?? { name: 'none' } })
}

function classesOf(
  where: string,
  { config: { numClasses }, file }: PretrainedUNet,
  { classNames }: PretrainedStageOptions,
): readonly string[] | undefined {
  if (numClasses === undefined) {
    if (classNames === undefined) return undefined
    throw new CascadeError('input', `${where}: expected no classNames, since ${file} is unconditional`)
  }
  if (classNames === undefined) return Array.from({ length: numClasses }, (_, i) => `${i}`)
  if (classNames.length === numClasses) return classNames
  throw new CascadeError(
    'input',
    `${where}: expected classNames, the ${numClasses} classes of ${file}, got ${classNames.length}`,
  )
}

/** A saved stage is built again from its description: it has to be the same network. */
function checkDescription({ name, description }: Stage, { file }: PretrainedUNet): void {
  const unsupported = (reason: string, cause?: unknown) =>
    new CascadeError(
      'unsupported',
      `stage '${name}': expected a network that a stage describes, got ${file}: ${reason}`,
      {
        cause,
      },
    )
  const again = describedAgain(description, file, unsupported)
  const json = (config: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(config))
  const [was, is] = [json(description.network), json(again.description.network)]
  const other = [...new Set([...Object.keys(was), ...Object.keys(is)])].find(
    (key) => !isDeepStrictEqual(was[key], is[key]),
  )
  if (other !== undefined)
    throw unsupported(`its ${other} is ${shown(was[other])}, that of the stage would be ${shown(is[other])}`)
}

function describedAgain(
  description: StageDescription,
  file: string,
  unsupported: (reason: string, cause: unknown) => CascadeError,
): Stage {
  try {
    return describedStage(description, file)
  } catch (cause) {
    throw unsupported((cause as Error).message, cause)
  }
}
