import type { Params } from '@cascade-diffusion/arrays'
import { isNDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { type CompleteUNetConfig, imageSize } from './config/config.ts'

/** What the network is conditioned on besides the noise level: exactly what its configuration names. */
export interface UNetCondition {
  /**
   * Classes, int32 [N], from 0 to `numClasses` - 1, or -1 for none. -1 has an embedding of zeros, for classifier-free
   * guidance. Any other number is an error when it is looked up; GPU engines, which check no index, treat it as -1.
   */
  label?: Tensor1D
  /**
   * Low-resolution images [N, h, w, lowRes.channels] in [-1, 1]. Other sizes than that of `xt` are resized as
   * `lowRes.resize` says.
   */
  lowRes?: Tensor4D
  /** Levels s of the conditioning augmentation of `lowRes`, [N], int32 or float32. */
  augmentationLevel?: Tensor1D
  /**
   * Seeds of the dropout, int32 [N] from 0 to 2²⁴ - 1, others in each training step. With them the network drops values
   * at its `dropout` rate; without them, as in sampling, it drops none.
   */
  dropout?: Tensor1D
}

const known: KnownKeys<UNetCondition> = { label: true, lowRes: true, augmentationLevel: true, dropout: true }

/**
 * @throws if an input is not a tensor, its shape or type does not fit the configuration, or a condition is missing or
 * unexpected.
 */
export function checkInputs(config: CompleteUNetConfig, xt: Tensor4D, noise: Tensor1D, condition: UNetCondition): void {
  expectTensor('xt', xt)
  const n = xt.shape[0] as number
  expectShape('xt', xt, [n, ...imageSize(config), config.imageChannels])
  expectType('xt', xt, ['float32'])
  expectTensor('noise', noise)
  expectShape('noise', noise, [n])
  expectType('noise', noise, ['float32', 'int32'])

  checkOptions('unet: condition', condition, known)
  const { label, lowRes, augmentationLevel, dropout } = condition
  expectGiven('label', label, config.numClasses !== undefined, 'numClasses')
  expectGiven('lowRes', lowRes, config.lowRes !== undefined, 'lowRes')
  expectGiven('augmentationLevel', augmentationLevel, config.augmentationLevels, 'augmentationLevels')
  for (const [name, value] of Object.entries(condition))
    if (value !== undefined) expectTensor(`condition.${name}`, value)
  if (label) expectShape('condition.label', label, [n])
  if (label) expectType('condition.label', label, ['int32'])
  if (lowRes) expectShape('condition.lowRes', lowRes, [n, lowRes.shape[1]!, lowRes.shape[2]!, config.lowRes!.channels])
  if (lowRes) expectType('condition.lowRes', lowRes, ['float32'])
  if (augmentationLevel) expectShape('condition.augmentationLevel', augmentationLevel, [n])
  if (augmentationLevel) expectType('condition.augmentationLevel', augmentationLevel, ['float32', 'int32'])
  if (dropout) expectShape('condition.dropout', dropout, [n])
  if (dropout) expectType('condition.dropout', dropout, ['int32'])
}

/** @throws if a weight is not a tensor, is missing, or has another shape. */
export function checkParams(shapes: Readonly<Record<string, readonly number[]>>, params: Params<Tensor>): void {
  if (typeof params !== 'object' || params === null)
    throw new CascadeError('input', `unet: expected weights by name, got ${shown(params)}`)
  for (const [name, shape] of Object.entries(shapes)) {
    const value = params[name]
    if (!value) throw new CascadeError('input', `unet: missing parameter '${name}'`)
    expectTensor(`parameter '${name}'`, value, '; closeOver(network, params) takes weights that are host arrays')
    expectShape(`parameter '${name}'`, value, shape)
  }
}

const isTensor = (x: unknown): x is Tensor => typeof x === 'object' && x !== null && 'dataId' in x && 'shape' in x

function expectTensor(name: string, value: unknown, ofArrays = ''): void {
  if (isTensor(value)) return
  const hint = ofArrays || '; jit(network.apply) and eager(network.apply) take host arrays'
  throw new CascadeError(
    'input',
    `unet: expected ${name}, a tensor, got ${isNDArray(value) ? `a host array [${value.shape}]${hint}` : shown(value)}`,
  )
}

function expectType(name: string, { dtype }: Tensor, types: readonly string[]): void {
  if (!types.includes(dtype))
    throw new CascadeError('input', `unet: expected ${name} of ${types.join(' or ')}, got ${dtype}`)
}

function expectGiven(name: string, value: unknown, wanted: boolean, field: string): void {
  if (wanted && value === undefined)
    throw new CascadeError('input', `unet: expected condition.${name}, since the network has ${field}; got none`)
  if (!wanted && value !== undefined)
    throw new CascadeError('input', `unet: expected no condition.${name}, since the network has no ${field}`)
}

function expectShape(name: string, { shape }: { shape: readonly number[] }, expected: readonly number[]): void {
  if (`${shape}` !== `${expected}`)
    throw new CascadeError('input', `unet: expected ${name} of shape [${expected}], got [${shape}]`)
}
