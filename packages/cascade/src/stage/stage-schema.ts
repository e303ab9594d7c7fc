import { type Schema, schema } from '@cascade-diffusion/checks'
import {
  augmentations,
  type ConditioningAugmentation,
  isCustomAugmentation,
} from '@cascade-diffusion/conditioning-augmentation'
import { sizeSchema } from '@cascade-diffusion/data'
import { processSchema } from '@cascade-diffusion/diffusion'
import { type LowResConfig, unetEntries } from '@cascade-diffusion/unet'
import type {
  BaseStageOptions,
  CustomAugmentation,
  StageDescription,
  StageUNetConfig,
  SuperResolutionStageOptions,
} from './stage-config.ts'
import type { StageNetwork } from './stage-network.ts'

const anything = <T>(): Schema<T> => schema.value<T>('anything', () => true)

const {
  resolution: _resolution,
  imageChannels: _imageChannels,
  outChannels: _outChannels,
  numClasses: _numClasses,
  augmentationLevels: _augmentationLevels,
  lowRes: _lowRes,
  ...size
} = unetEntries

const unetSize = schema.record<StageUNetConfig>({
  ...size,
  noiseSkip: schema.optional(schema.flag()),
  lowRes: schema.optional(
    schema.record<Pick<LowResConfig, 'resize'>>({ resize: schema.optional(schema.oneOf(['bilinear', 'bicubic'])) }),
  ),
})

// Other members are allowed.
const customNetwork = schema.value<StageNetwork>(
  '{ config, init, apply } with functions init, apply and, if it has one, resized',
  (x) => {
    const { init, apply, resized } = x as Partial<StageNetwork>
    const isFunction = (f: unknown) => typeof f === 'function'
    return isFunction(init) && isFunction(apply) && (resized === undefined || isFunction(resized))
  },
)

/** Whether it is a custom network, complete or not, rather than the size of a U-Net. */
export const isCustomNetwork = (network: unknown): network is StageNetwork =>
  typeof network === 'object' && network !== null && ('apply' in network || 'init' in network)

const classNames = schema.list(schema.text(), 1)
const rate = schema.value<number>(
  'a rate from 0 to below 1',
  (x) => Number.isFinite(x) && (x as number) >= 0 && (x as number) < 1,
  { type: 'number', minimum: 0, exclusiveMaximum: 1 },
)

const common = {
  name: schema.value<string>(
    'letters, digits, - and _, since it names files',
    (x) => typeof x === 'string' && /^[\w-]+$/.test(x),
    { type: 'string', pattern: '^[\\w-]+$' },
  ),
  resolution: sizeSchema,
  imageChannels: schema.integer({ from: 1, to: 4 }),
  process: processSchema,
}

const options = {
  ...common,
  classNames: schema.optional(classNames),
  labelDropout: schema.optional(rate),
  network: schema.either(unetSize, customNetwork, isCustomNetwork),
}

/**
 * The schemas of the options of a stage, by name: for the schemas of plans that hold stages. A custom augmentation is checked by its own
 * package.
 */
export const stageSchemas = {
  ...options,
  lowResolution: sizeSchema,
  augmentation: schema.either(
    augmentations.schema,
    schema.value<ConditioningAugmentation>('a custom augmentation', () => true),
    (x) => isCustomAugmentation(x as ConditioningAugmentation),
  ),
}

/** The schema of {@link BaseStageOptions}. */
export const baseSchema = schema.record<BaseStageOptions>(options)

/** The schema of {@link SuperResolutionStageOptions}. */
export const superResolutionSchema = schema.record<SuperResolutionStageOptions>(stageSchemas)

const customAugmentation = schema.record<CustomAugmentation>({
  name: schema.text(),
  minLevel: schema.optional(schema.number({ from: 0 })),
  maxLevel: schema.number({ from: 0 }),
  continuous: schema.optional(schema.flag()),
  embedsLevel: schema.flag(),
})
const isCustomDescription = (x: unknown) => typeof x === 'object' && x !== null && 'embedsLevel' in x

const described = {
  ...common,
  kind: schema.oneOf(['base', 'super-resolution']),
  classNames: schema.nullable(classNames),
  labelDropout: schema.optional(rate),
  network: anything<unknown>(),
}

/** The schema of {@link StageDescription}, as a file has it. */
export const descriptionSchema = schema.either<StageDescription, StageDescription>(
  schema.record<Omit<StageDescription, 'lowResolution' | 'augmentation'>>(described),
  schema.record<StageDescription>({
    ...described,
    lowResolution: sizeSchema,
    augmentation: schema.either(augmentations.schema, customAugmentation, isCustomDescription),
  }),
  (x) => (x as StageDescription | null)?.kind === 'super-resolution',
)
