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
import type { PretrainedUNet } from './from-pretrained.ts'

/** Options of {@link pretrainedStage}. */
export interface PretrainedStageOptions {
  /** The name of the stage. */
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
 * A published network as a stage of a cascade: a base, or a super-resolution stage if the network takes low-resolution
 * images. `saveCascade` saves it like any stage, and `loadCascade` needs nothing handed in.
 * @throws if the options do not fit the network; of code `unsupported` if a saved stage could not describe it.
 */
export function pretrainedStage(found: PretrainedUNet, options: PretrainedStageOptions): TrainedStage {
  const where = 'pretrainedStage'
  const kind: unknown = found?.kind
  if (kind !== 'unet')
    throw new CascadeError(
      'input',
      `${where}: expected a network of fromPretrained, of kind 'unet', got ${shown(kind)}` +
        (kind === 'stage' ? ', whose stage and params are those of a stage already' : ''),
    )
  checkOptions(where, options, knownOptions)
  const stage = stageOf(found, options)
  checkDescription(stage, found)
  return { stage, params: found.params }
}

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
