import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { type CompleteUNetConfig, imageSize } from './config.ts'

/** What the network is told besides the noisy image and the time: exactly what its configuration asks for. */
export interface UNetCondition {
  /** Classes from 0, int32 [N]. Any other number has an embedding of zeros: whoever takes labels from users checks them. */
  label?: Tensor1D
  /** Low-resolution images [N, h, w, lowRes.channels] in [-1, 1], of any size: they are resized as `lowRes.resize` says. */
  lowRes?: Tensor4D
  /** Levels s of the conditioning augmentation that `lowRes` has gone through, [N], int32 or float32. */
  augmentationLevel?: Tensor1D
  /**
   * Makes the network drop values at its `dropout` rate: a seed for each image, int32 [N] from 0 to 2²⁴ - 1, and another in each
   * training step. Without it nothing is dropped: in sampling.
   */
  dropout?: Tensor1D
}

/** @throws if the inputs' shapes do not fit the configuration, or a condition is missing or has no place. */
export function checkInputs(config: CompleteUNetConfig, xt: Tensor4D, noise: Tensor1D, condition: UNetCondition): void {
  const n = xt.shape[0] as number
  expectShape('xt', xt, [n, ...imageSize(config), config.imageChannels])
  expectShape('noise', noise, [n])

  const { label, lowRes, augmentationLevel, dropout } = condition
  expectGiven('label', label, config.numClasses !== undefined, 'numClasses')
  expectGiven('lowRes', lowRes, config.lowRes !== undefined, 'lowRes')
  expectGiven('augmentationLevel', augmentationLevel, config.augmentationLevels, 'augmentationLevels')
  if (label) expectShape('condition.label', label, [n])
  expectInt32('label', label)
  if (lowRes) expectShape('condition.lowRes', lowRes, [n, lowRes.shape[1]!, lowRes.shape[2]!, config.lowRes!.channels])
  if (augmentationLevel) expectShape('condition.augmentationLevel', augmentationLevel, [n])
  if (dropout) expectShape('condition.dropout', dropout, [n])
  expectInt32('dropout', dropout)
}

function expectInt32(name: string, value: Tensor1D | undefined): void {
  if (value && value.dtype !== 'int32') throw new Error(`unet: expected condition.${name} of int32, got ${value.dtype}`)
}

function expectGiven(name: string, value: unknown, wanted: boolean, field: string): void {
  if (wanted && value === undefined)
    throw new Error(`unet: expected condition.${name}, since the network has ${field}; got none`)
  if (!wanted && value !== undefined)
    throw new Error(`unet: expected no condition.${name}, since the network has no ${field}`)
}

function expectShape(name: string, { shape }: { shape: readonly number[] }, expected: readonly number[]): void {
  if (`${shape}` !== `${expected}`) throw new Error(`unet: expected ${name} of shape [${expected}], got [${shape}]`)
}
