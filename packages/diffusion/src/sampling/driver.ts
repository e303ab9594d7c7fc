import { type ArraysOf, type Compile, type NDArray, sizeOf, zeros } from '@cascade-diffusion/arrays'
import type { Rng } from '@cascade-diffusion/random'
import { slice, type Tensor1D, type Tensor4D, tile } from '@tensorflow/tfjs-core'
import { type DenoiserOptions, denoiser } from '../denoiser.ts'
import type { DiffusionModel } from '../process.ts'
import { checkFinite, checkInput } from './check-input.ts'
import type { Sampler } from './sampler.ts'
import { coefficientNames, planSteps } from './steps.ts'

/** What {@link createSampler} compiles. */
export interface CreateSamplerOptions<C> extends DiffusionModel<C>, DenoiserOptions {
  /** How to step, e.g. `ancestral()` or `ddim()`. */
  readonly sampler: Sampler
  /** How to run the step: `jit`, or `eager`. */
  readonly compile: Compile
}

/** One sampling run. */
export interface SampleOptions<C> {
  /** [n, height, width, channels] of the images. */
  readonly shape: readonly number[]
  /** A tree of host arrays of n examples each; `undefined` if the network takes no condition. */
  readonly condition: ArraysOf<C>
  /** Noise is drawn from `rng.fold('initial')` and, on leaving step t, from `rng.fold('noise').fold(t)`. */
  readonly rng: Rng
  /**
   * The place of the first image in the whole set that is sampled. Default 0. An image's noise depends on its place
   * only, so that a set may be cut into batches anywhere and gives the same images.
   */
  readonly firstIndex?: number
  /** x_t at the first of `steps`, float32 of `shape`, to start from. Default: standard normal noise. */
  readonly initial?: NDArray<'float32'>
  /** Where the network is evaluated, decreasing. Default: every step from T-1 down to the one above `stop`. */
  readonly steps?: readonly number[]
  /** The step to stop at; the sample is x_stop. Default -1: the data. */
  readonly stop?: number
  /** Stops the run before its next step; the run then throws the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a run has reached after a step. */
export interface Frame {
  /** How many steps came before this one. */
  readonly step: number
  readonly stepsLeft: number
  /** The step t of `xt`; -1 if that is the data. */
  readonly t: number
  readonly xt: NDArray<'float32'>
  /** The data that the model predicted in this step. */
  readonly x0: NDArray<'float32'>
}

/** A model and a sampler, compiled: for any number of runs. */
export interface ModelSampler<C> {
  /** Yields a frame after each step, the last of which has the sample as `xt`. The arrays are the caller's to keep. */
  stream(options: SampleOptions<C>): AsyncGenerator<Frame, void, undefined>
  /** The sample alone, float32 of `shape`. */
  sample(options: SampleOptions<C>): Promise<NDArray<'float32'>>
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

type Images = Pick<Frame, 'xt' | 'x0'>

/**
 * The driver that owns the sampling loop. One traced step, which `compile` makes once for each shape, serves all
 * timesteps: what differs between them is computed on the host before the loop and fed as one small array.
 *
 * Runs throw before their first step if timesteps do not decrease or leave the process, shapes do not fit together, or
 * an input is not finite; and after a step that gives values that are not finite.
 */
export function createSampler<C = undefined>(options: CreateSamplerOptions<C>): ModelSampler<C> {
  const { network, process, sampler, compile, processX0 } = options
  const denoise = denoiser({ network, process }, { ...(processX0 && { processX0 }) })
  const names = ['noiseInput', 'alpha', 'sigma', ...coefficientNames(sampler, process)]

  const step = compile((xt: Tensor4D, numbers: Tensor1D, noise: Tensor4D | undefined, condition: C) => {
    const [noiseInput, alpha, sigma, ...rest] = names.map((_, i) => slice(numbers, [i], [1]))
    const level = { noiseInput: tile(noiseInput!, [xt.shape[0]]), alpha: alpha!, sigma: sigma! }
    const denoised = denoise(xt, level, condition)
    const c = Object.fromEntries(rest.map((value, i) => [names[i + 3]!, value]))
    return { xt: sampler.update({ xt, denoised, c, noise }), x0: denoised.x0 }
  })

  /** `outputFor` gives the arrays that step i writes into: any but those of step i - 1. */
  async function* run(options: SampleOptions<C>, outputFor: (i: number) => Images): AsyncGenerator<Frame, void> {
    const { shape, condition, rng, firstIndex = 0, initial, steps, stop = -1, signal } = options
    const plan = planSteps(process, sampler, { steps, stop })
    checkInput({ shape, initial, condition, firstIndex })
    const draw = (key: Rng) => key.normal(shape, firstIndex * sizeOf(shape.slice(1)))
    let xt = initial ?? draw(rng.fold('initial'))
    for (const [i, { t, next, numbers }] of plan.entries()) {
      signal?.throwIfAborted()
      const noise = sampler.needsNoise ? draw(rng.fold('noise').fold(t)) : undefined
      const output = outputFor(i)
      await step.into(output as ArraysOf<{ xt: Tensor4D; x0: Tensor4D }>, xt, numbers, noise, condition)
      checkFinite(output.xt, `the images after timestep ${t}`)
      xt = output.xt
      yield { step: i, stepsLeft: plan.length - 1 - i, t: next, ...output }
    }
  }

  const imagesOf = (shape: readonly number[]): Images => ({ xt: zeros(shape), x0: zeros(shape) })
  return {
    stream: (options) => run(options, () => imagesOf(options.shape)),
    async sample(options) {
      const pair: Images[] = []
      let sample!: NDArray<'float32'>
      for await (const { xt } of run(options, (i) => (pair[i % 2] ??= imagesOf(options.shape)))) sample = xt
      return sample
    },
    dispose: () => step.dispose(),
  }
}
