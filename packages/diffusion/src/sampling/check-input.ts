import { flatten, isNDArray, type NDArray, type Tree } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkFunction,
  checkOptions,
  checkSignal,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import { checkRng } from '../checks.ts'
import type { PlannedStep } from './plan.ts'
import type { RunOptions } from './sample-options.ts'
import type { Sampler } from './samplers/sampler.ts'

/** A run's options, with its condition. */
export type AnyRun = RunOptions & { readonly condition?: unknown }

const known: KnownKeys<Required<AnyRun>> = {
  shape: true,
  condition: true,
  rng: true,
  firstIndex: true,
  initial: true,
  initialStep: true,
  steps: true,
  stop: true,
  restarts: true,
  afterStep: true,
  progress: true,
  signal: true,
}

/** @throws if the options are missing, unknown, or of the wrong type. */
export function checkOptionsOfRun(options: AnyRun): void {
  checkOptions('sample', options, known)
  const { shape, afterStep, progress, signal } = options
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.every((d) => Number.isInteger(d) && d > 0))
    throw new CascadeError(
      'input',
      `sample: expected a shape [n, height, width, channels] of positive integers, got ${Array.isArray(shape) ? `[${shape}]` : shown(shape)}`,
    )
  if (afterStep !== undefined && typeof afterStep !== 'function')
    throw new CascadeError('input', `sample: expected afterStep, a function of a frame, got ${shown(afterStep)}`)
  if (progress !== undefined) checkFunction('sample', 'progress', progress)
  if (signal !== undefined) checkSignal('sample', signal)
}

/** @throws if the images, the condition and the shape do not fit together, or a value is not finite. */
export function checkInput(options: AnyRun, { name, upwards }: Sampler): void {
  const { shape, initial, initialStep, condition, firstIndex = 0 } = options
  if (!(Number.isSafeInteger(firstIndex) && firstIndex >= 0))
    throw new CascadeError('input', `sample: expected a firstIndex of at least 0, got ${shown(firstIndex)}`)
  if (initial) checkImages(initial, shape, 'initial images')
  else if (upwards)
    throw new CascadeError('input', `sample: expected initial images for ${name}, which goes upwards, got none`)
  else if (initialStep !== undefined)
    throw new CascadeError('input', `sample: expected initial images for the initialStep ${initialStep}, got none`)
  checkLeaves(condition, '')
  const { leaves, shape: tree } = flatten<NDArray>(condition as Tree<NDArray>, isNDArray)
  for (const [i, leaf] of leaves.entries()) {
    const name = `condition '${tree.paths[i]}'`
    if (leaf.shape[0] !== shape[0])
      throw new CascadeError('input', `sample: expected ${name} for ${shape[0]} images, got [${leaf.shape}]`)
    checkFinite(leaf, name)
  }
}

/** @throws unless the leaves of a condition are host arrays. */
function checkLeaves(node: unknown, path: string): void {
  if (node === undefined || node === null || isNDArray(node)) return
  const isList = Array.isArray(node) && node.every((child) => typeof child === 'object')
  const isRecord = typeof node === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(node))
  if (!isList && !isRecord)
    throw new CascadeError(
      'input',
      `sample: expected condition${path && ` '${path}'`} of host arrays (int32([3, 7]) of @cascade-diffusion/arrays, …), got ${shown(node)}`,
    )
  for (const [key, child] of Object.entries(node as object)) checkLeaves(child, path === '' ? key : `${path}.${key}`)
}

/** @throws if a run draws noise and has no key of random numbers. */
export function checkNoise(
  { rng, initial }: AnyRun,
  { name, needsNoise }: Sampler,
  plan: readonly PlannedStep[],
): void {
  const why = needsNoise
    ? `${name} draws noise in each step`
    : initial === undefined
      ? 'it starts from noise'
      : plan.some(({ added }) => added)
        ? 'it noises the images first'
        : undefined
  if (rng !== undefined || why !== undefined) checkRng('sample', rng, why && `, since ${why}`)
}

/** @throws unless images are finite float32 of a shape. */
export function checkImages(images: NDArray, shape: readonly number[], name: string): void {
  if (!isNDArray(images))
    throw new CascadeError('input', `sample: expected ${name} float32 [${shape}], got ${shown(images)}`)
  if (images.dtype !== 'float32' || String(images.shape) !== String(shape))
    throw new CascadeError(
      'input',
      `sample: expected ${name} float32 [${shape}], got ${images.dtype} [${images.shape}]`,
    )
  checkFinite(images, name)
}

/** @throws if a value is NaN or infinite. */
export function checkFinite({ data }: NDArray, name: string): void {
  for (let i = 0; i < data.length; i++)
    if (!Number.isFinite(data[i]))
      throw new CascadeError('input', `sample: expected ${name} of finite values, got ${data[i]} at ${i}`)
}
