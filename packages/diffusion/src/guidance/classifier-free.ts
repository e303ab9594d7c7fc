import { flatten, type Tree } from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkOptions, shown } from '@cascade-diffusion/checks'
import {
  add,
  concat,
  greaterEqual,
  lessEqual,
  logicalAnd,
  mul,
  reshape,
  split,
  sub,
  Tensor,
  type Tensor1D,
  type Tensor4D,
  where,
} from '@tensorflow/tfjs-core'
import type { Network } from '../process/process.ts'

/** Options of {@link classifierFreeGuidance}. */
export interface ClassifierFreeGuidanceOptions<C> {
  /** w: 0 ignores the condition, 1 is the network as it is, above 1 guides. (Ho & Salimans' own w is this minus 1.) */
  readonly scale: number
  /** Makes the null condition, of as many examples: for instance `withoutLabel()`. A traceable function. */
  readonly unconditional: (condition: C) => C
  /**
   * The interval of noise inputs in which it guides, both ends included (Kynkäänniemi et al. 2024); elsewhere the scale
   * is 1. In the unit that the process's `noiseInput` names. Default: everywhere.
   */
  readonly interval?: readonly [low: number, high: number]
}

/**
 * Classifier-free guidance (Ho & Salimans 2022, equation 6): the unconditional prediction, plus `scale` times the
 * difference that the condition makes. It turns one network into another, so clipping comes after it. The network is
 * called once, on twice as many images. A learned variance is that with the condition. Traceable.
 * @throws if the scale is not finite, or the interval is not from low to high.
 */
export function classifierFreeGuidance<C>(network: Network<C>, options: ClassifierFreeGuidanceOptions<C>): Network<C> {
  checkFunction('classifierFreeGuidance', 'a network', network, 'closeOver(network, params) of @cascade-diffusion/unet')
  checkOptions('classifierFreeGuidance', options, { scale: true, unconditional: true, interval: true })
  const { scale, unconditional, interval } = options
  checkFunction('classifierFreeGuidance', 'unconditional', unconditional, 'withoutLabel()')
  if (!Number.isFinite(scale))
    throw new CascadeError('input', `classifierFreeGuidance: expected a finite scale, got ${shown(scale)}`)
  if (
    interval !== undefined &&
    !(Array.isArray(interval) && interval.length === 2 && interval.every((x) => typeof x === 'number'))
  )
    throw new CascadeError('input', `classifierFreeGuidance: expected an interval [low, high], got ${shown(interval)}`)
  if (interval && !(interval[0] <= interval[1]))
    throw new CascadeError(
      'input',
      `classifierFreeGuidance: expected an interval from low to high, got ${interval[0]} to ${interval[1]}`,
    )
  return (xt, noise, condition) => {
    const both = concatTrees(condition, unconditional(condition))
    const output = network(concat([xt, xt], 0), concat([noise, noise], 0), both)
    const [withIt, without] = split(output, 2, 0) as [Tensor4D, Tensor4D]
    const channels = xt.shape[3]
    const [prediction, variance] = channelsOf(withIt, channels)
    const [base] = channelsOf(without, channels)
    const guided = add(base!, mul(scaleAt(noise, scale, interval), sub(prediction!, base!))) as Tensor4D
    return variance ? concat([guided, variance], 3) : guided
  }
}

/** The parts of the raw output: the prediction, and the variance if there is one. */
const channelsOf = (output: Tensor4D, channels: number): Tensor4D[] =>
  output.shape[3] === channels ? [output] : split(output, output.shape[3] / channels, 3)

function scaleAt(noise: Tensor1D, scale: number, interval: readonly [number, number] | undefined): Tensor | number {
  if (!interval) return scale
  const inside = logicalAnd(greaterEqual(noise, interval[0]), lessEqual(noise, interval[1]))
  return reshape(where(inside, scale, 1), [-1, 1, 1, 1])
}

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor

/** Concatenates two trees of tensors of the same shapes along their first axes. */
function concatTrees<C>(a: C, b: C): C {
  const [first, second] = [a, b].map((tree) => flatten<Tensor>(tree as Tree<Tensor>, isTensor))
  if (String(first!.shape.paths) !== String(second!.shape.paths))
    throw new CascadeError(
      'input',
      `classifierFreeGuidance: expected an unconditional condition of [${first!.shape.paths}], got [${second!.shape.paths}]`,
    )
  return first!.shape.rebuild(first!.leaves.map((leaf, i) => concat([leaf, second!.leaves[i]!], 0))) as C
}
