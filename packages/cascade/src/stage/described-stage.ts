import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError, parseConfig } from '@cascade-diffusion/checks'
import type { AugmentationConfig, ConditioningAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import { type ImageSize, imageSize } from '@cascade-diffusion/data'
import type { UNetConfig } from '@cascade-diffusion/unet'
import { describeCustom } from './describe-custom.ts'
import { fromFile } from './from-file.ts'
import { migrateStage } from './migrate-stage.ts'
import { baseStage, type Stage, superResolutionStage } from './stage.ts'
import type { CustomAugmentation, StageDescription, StageUNetConfig } from './stage-config.ts'
import type { StageNetwork } from './stage-network.ts'
import { descriptionSchema } from './stage-schema.ts'

/** A stage with the weights for sampling: the moving average of training. */
export interface TrainedStage<S extends Stage = Stage> {
  readonly stage: S
  readonly params: Params<NDArray>
}

/** What a checkpoint cannot hold: custom code. */
export interface LoadStageOptions {
  /** The network, if it is a custom one: a checkpoint keeps its `config`, not its code. */
  readonly network?: StageNetwork
  /** The conditioning augmentation, if it is a custom one. */
  readonly augmentation?: ConditioningAugmentation
}

/**
 * Builds a stage again from its description.
 * @param path the file, as errors name it.
 * @throws as `loadStage`; everything that is wrong with the description is listed.
 */
export function describedStage(described: StageDescription, path: string, own: LoadStageOptions = {}): Stage {
  const where = `loadStage: ${path}`
  const present = typeof described === 'object' && described !== null ? migrateStage(described) : described
  const config = parseConfig(where, descriptionSchema, present, { code: 'checkpoint' })
  // Custom code may be wrong itself.
  if (own.network || own.augmentation) return builtStage(config, path, own)
  return fromFile(where, () => builtStage(config, path, own))
}

function builtStage(config: StageDescription, path: string, own: LoadStageOptions): Stage {
  const { kind, classNames, network, augmentation, lowResolution, ...rest } = config
  const options = {
    ...rest,
    classNames: classNames ?? undefined,
    network: own.network ? sameNetwork(own.network, network, path) : sizeOfUNet(network, path),
  }
  if (kind === 'base') return baseStage(options)
  const small = [...imageSize('loadStage', lowResolution as number | ImageSize), rest.imageChannels]
  return superResolutionStage({
    ...options,
    lowResolution: lowResolution as number | ImageSize,
    augmentation: augmentationFor(
      augmentation as AugmentationConfig | CustomAugmentation,
      own.augmentation,
      small,
      path,
    ),
  })
}

/** The part of a U-Net's configuration that does not follow from the stage. */
function sizeOfUNet(config: unknown, path: string): StageUNetConfig {
  if (typeof config !== 'object' || config === null || !('baseChannels' in config))
    throw new CascadeError(
      'checkpoint',
      `loadStage: ${path} has a network of another kind than U-Net: hand it in as 'network'`,
    )
  const { resolution, imageChannels, outChannels, numClasses, lowRes, augmentationLevels, ...size } =
    config as UNetConfig
  return lowRes?.resize ? { ...size, lowRes: { resize: lowRes.resize } } : size
}

function sameNetwork(own: StageNetwork, trained: unknown, path: string): StageNetwork {
  const [was, is] = [trained, own.config].map((config) => JSON.stringify(config))
  if (was !== is)
    throw new CascadeError('checkpoint', `loadStage: ${path} was trained with the network ${was}, got ${is}`)
  return own
}

function augmentationFor(
  trained: AugmentationConfig | CustomAugmentation,
  own: ConditioningAugmentation | undefined,
  shape: readonly number[],
  path: string,
): AugmentationConfig | ConditioningAugmentation {
  const was = `loadStage: ${path} was trained with the augmentation`
  if (!('embedsLevel' in trained)) {
    if (own)
      throw new CascadeError(
        'checkpoint',
        `${was} ${trained.name}, which it describes in full: expected no custom augmentation`,
      )
    return trained
  }
  if (!own) throw new CascadeError('checkpoint', `${was} '${trained.name}': hand it in as 'augmentation'`)
  const is = describeCustom(own, shape)
  for (const key of ['name', 'minLevel', 'maxLevel', 'continuous', 'embedsLevel'] as const)
    if (is[key] !== trained[key])
      throw new CascadeError(
        'checkpoint',
        key === 'name'
          ? `${was} '${trained.name}', got '${own.name}'`
          : `${was} '${trained.name}' of ${key} ${trained[key] ?? 'none'}, got ${key} ${is[key] ?? 'none'}`,
      )
  return own
}
