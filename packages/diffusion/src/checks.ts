import { isNDArray } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import type { DiscreteSchedule } from '@cascade-diffusion/schedules'
import type { Tensor } from '@tensorflow/tfjs-core'

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)

/** Whether a value is a tensor. */
export const isTensor = (x: unknown): x is Tensor => isRecord(x) && 'dataId' in x && 'shape' in x

/** A value as an error shows it. Of a host array it also says how to make it a tensor. */
export const arrayOr = (value: unknown): string =>
  isNDArray(value)
    ? `a host array [${value.shape}]: jit and eager make functions of tensors callable with them`
    : shown(value)

/** @throws unless it is a record that has all of these fields. */
export function checkRecord(where: string, what: string, value: unknown, fields: readonly string[]): void {
  if (!isRecord(value) || !fields.every((field) => value[field] !== undefined))
    throw new CascadeError('input', `${where}: expected ${what}, { ${fields.join(', ')} }, got ${shown(value)}`)
}

/** @throws unless it is a schedule of discrete steps. */
export function checkDiscrete(where: string, schedule: DiscreteSchedule): void {
  if (!isRecord(schedule) || !('betas' in schedule && 'alphasCumprod' in schedule))
    throw new CascadeError(
      'input',
      `${where}: expected a schedule of discrete steps (cosineSchedule(1000), …), got ${shown(schedule)}`,
    )
}

/** @throws unless it is a key of random numbers. `why` says what needs it. */
export function checkRng(where: string, rng: Rng | undefined, why = ''): asserts rng is Rng {
  if (!isRecord(rng) || typeof rng.fold !== 'function')
    throw new CascadeError(
      'input',
      `${where}: expected a key of random numbers (rng(1) of @cascade-diffusion/random)${why}, got ${shown(rng)}`,
    )
}

/** @throws unless all are tensors. */
export function checkTensors(where: string, tensors: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(tensors))
    if (!isTensor(value)) throw new CascadeError('input', `${where}: expected ${name}, a tensor, got ${arrayOr(value)}`)
}

/** @throws unless all are tensors of images, float32 [N,H,W,C], of one shape. */
export function checkImageTensors(where: string, images: Readonly<Record<string, Tensor>>): void {
  checkTensors(where, images)
  const [first, ...others] = Object.entries(images)
  for (const [name, { shape, dtype }] of Object.entries(images))
    if (shape.length !== 4 || dtype !== 'float32')
      throw new CascadeError('input', `${where}: expected ${name}, images float32 [N,H,W,C], got ${dtype} [${shape}]`)
  for (const [name, { shape }] of others)
    if (String(shape) !== String(first![1].shape))
      throw new CascadeError(
        'input',
        `${where}: expected ${name} of the shape of ${first![0]}, [${first![1].shape}], got [${shape}]`,
      )
}
