import {
  type ArraysOf,
  type Compile,
  type DeviceArray,
  disposeAll,
  donate,
  isDeviceArray,
  type NDArray,
  sizeOf,
  zeros,
} from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkOptions, type KnownKeys, throwIfAborted } from '@cascade-diffusion/checks'
import { add, mul, slice, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import { type Denoiser, type DenoiserOptions, denoiser } from '../model/denoiser.ts'
import { checkProcess, type DiffusionProcess, type Network, type Schedule } from '../process/process.ts'
import { checkFinite, checkImages, checkInput, checkNoise, checkOptionsOfRun } from './check-input.ts'
import { checkSampler } from './check-sampler.ts'
import { type PlannedStep, planRun } from './plan.ts'
import type { Frame, SampleOptions } from './sample-options.ts'
import type { Sampler } from './samplers/sampler.ts'
import { tracedStep } from './traced-step.ts'

/** What {@link createSampler} compiles: a network, or a denoiser made of one, such as a guided one. */
export type CreateSamplerOptions<C> = {
  readonly process: DiffusionProcess<Schedule>
  /** The sampler, e.g. `ancestral()` or `ddim()`. */
  readonly sampler: Sampler
  /** How to run the step: `jit`, or `eager`. */
  readonly compile: Compile
} & (({ readonly network: Network<C> } & DenoiserOptions) | { readonly denoiser: Denoiser<C> })

/** A model and a sampler, compiled for any number of runs. */
export interface ModelSampler<C> {
  /** Yields a frame after each step; the last has the sample as `xt`. The caller may keep the arrays. */
  stream(options: SampleOptions<C>): AsyncGenerator<Frame, void, undefined>
  /** The sample alone, float32 of `shape`. */
  sample(options: SampleOptions<C>): Promise<NDArray<'float32'>>
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/** What passes from evaluation to evaluation, in the memory of the engine. */
interface State {
  readonly xt: NDArray | DeviceArray
  readonly history: readonly (NDArray | DeviceArray)[]
}

/**
 * The driver that owns the sampling loop. One traced step, compiled once for each shape, serves all evaluations of the
 * network. What differs between them is computed on the host before the loop and fed as one small array. The images
 * stay in the memory of the engine until they are read. A network with weights must be closed over them first, by
 * `closeOver` of `@cascade-diffusion/unet`.
 *
 * A run throws before its first step if an option is unknown or of the wrong type, timesteps are out of order or
 * outside the process, shapes do not fit together, an input is not finite, or noise is needed without `rng`. It throws
 * after a step whose images are not finite.
 */
export function createSampler<C = undefined>(options: CreateSamplerOptions<C>): ModelSampler<C> {
  checkCreateOptions(options)
  const { process, sampler, compile } = options
  const denoise =
    'denoiser' in options && options.denoiser !== undefined
      ? options.denoiser
      : denoiser<C>(options as { network: Network<C>; process: typeof process }, {
          processX0: 'processX0' in options ? options.processX0 : undefined,
        })
  const step = compile(tracedStep(denoise, sampler))
  const addNoise = compile(
    (xt: Tensor4D, numbers: Tensor1D, noise: Tensor4D): Tensor4D =>
      add(mul(slice(numbers, [0], [1]), xt), mul(slice(numbers, [1], [1]), noise)),
  )
  const place = compile((condition: C) => condition)

  /** Yields the frames of the steps for which `seen` of the number of steps left is true. */
  async function* run(options: SampleOptions<C>, seen: (stepsLeft: number) => boolean): AsyncGenerator<Frame, void> {
    checkOptionsOfRun(options)
    const { shape, rng, firstIndex = 0, initial, afterStep, progress, signal } = options
    const plan = planRun(process, sampler, options)
    checkInput(options, sampler)
    checkNoise(options, sampler, plan)
    const draw = (pass: number, ...labels: readonly (string | number)[]) => {
      const key = pass === 0 ? rng! : rng!.fold('restart').fold(pass)
      return labels.reduce((k, label) => k.fold(label), key).normal(shape, firstIndex * sizeOf(shape.slice(1)))
    }
    const nothing = Array.from({ length: sampler.history ?? 0 }, () => zeros(shape))
    const condition = await place.onDevice((options as { condition?: ArraysOf<C> }).condition as ArraysOf<C>)
    const noiseOf = ({ t, pass }: PlannedStep) => draw(pass, 'noise', Number.isInteger(t) ? t : String(t))
    let state: State = { xt: initial ?? draw(0, 'initial'), history: nothing }
    let x0: DeviceArray | undefined
    let noise = sampler.needsNoise && plan[0] ? noiseOf(plan[0]) : undefined
    try {
      for (const [i, { t, next, pass, fresh, added, evaluations }] of plan.entries()) {
        if (signal) await turnOfEvents()
        throwIfAborted(signal, 'sample')
        if (added) state = { ...state, xt: await addNoise.onDevice(donate(state.xt), added, draw(pass, 'initial')) }
        if (fresh) {
          disposeAll(state.history)
          state = { ...state, history: nothing }
        }
        const upcoming = sampler.needsNoise ? plan[i + 1] : undefined
        let drawn: typeof noise
        for (const [k, numbers] of evaluations.entries()) {
          throwIfAborted(signal, 'sample')
          disposeAll(x0)
          const making = step.onDevice(donate(state), numbers, noise, condition).catch(explained)
          // While the engine computes in its thread, this one draws the noise of the next step.
          const drawing = upcoming && k === 0 ? nextTurn().then(() => noiseOf(upcoming)) : drawn
          const [made, ahead] = await Promise.all([making, drawing])
          drawn = ahead
          state = made.state
          x0 = made.x0
          const total = await read(made.total)
          made.total.dispose()
          if (!Number.isFinite(total.data[0])) checkFinite(await read(state.xt), `the images after timestep ${t}`)
        }
        noise = drawn
        progress?.({ step: i + 1, steps: plan.length })
        const stepsLeft = plan.length - 1 - i
        if (!afterStep && !seen(stepsLeft)) continue
        const frame = { step: i, stepsLeft, t: next, xt: await read(state.xt), x0: await read(x0!) }
        const replaced = (await afterStep?.(frame)) ?? frame.xt
        if (replaced !== frame.xt) {
          checkImages(replaced, shape, `images of afterStep`)
          disposeAll(state.xt)
          state = { ...state, xt: replaced }
        }
        if (seen(stepsLeft)) yield { ...frame, xt: replaced }
      }
    } finally {
      disposeAll([state, x0, condition])
    }
  }

  return {
    stream: (options) => run(options, () => true),
    async sample(options) {
      let sample!: NDArray<'float32'>
      for await (const { xt } of run(options, (stepsLeft) => stepsLeft === 0)) sample = xt
      return sample
    },
    async dispose() {
      await Promise.all([step, addNoise, place].map((compiled) => compiled.dispose()))
    },
  }
}

const known = { process: true, sampler: true, compile: true, network: true, denoiser: true, processX0: true } as const

/** @throws unless there is a process, a sampler, an engine, and a network or a denoiser. */
function checkCreateOptions<C>(options: CreateSamplerOptions<C>): void {
  checkOptions('createSampler', options as object, known as KnownKeys<object>)
  const { process, sampler, compile, network, denoiser, processX0 } = options as Partial<
    Record<keyof typeof known, unknown>
  > & { process: DiffusionProcess<Schedule> }
  checkProcess(process)
  checkSampler('createSampler', sampler as Sampler)
  checkFunction(
    'createSampler',
    'compile',
    compile,
    'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops',
  )
  if ((network === undefined) === (denoiser === undefined))
    throw new CascadeError(
      'input',
      `createSampler: expected a network or a denoiser, got ${network === undefined ? 'none' : 'both'}`,
    )
  const [what, given] = network === undefined ? ['a denoiser', denoiser] : ['a network', network]
  checkFunction(
    'createSampler',
    what,
    given,
    'closeOver(network, params) of @cascade-diffusion/unet makes a network one',
  )
  if (denoiser !== undefined && processX0 !== undefined)
    throw new CascadeError('input', 'createSampler: expected no processX0 with a denoiser, which has its own')
}

/** Lets timers and signals of the process act, which an engine that computes in this thread keeps waiting. */
function turnOfEvents(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (act: () => void) => void }
  return new Promise((resolve) => (setImmediate ? setImmediate(resolve) : setTimeout(resolve)))
}

/** Rewords an engine's error about an index outside its table. */
function explained(error: unknown): never {
  const { message } = error as Error
  if (!/out of data bounds|index value .* is not in/.test(message)) throw error
  throw new CascadeError(
    'input',
    'sample: an index of the network is outside its table, most likely a label: expected one below the number of classes, ' +
      `or -1 for none (${message})`,
    { cause: error },
  )
}

/** Resolves when what was begun before is under way in other threads. */
const nextTurn = () =>
  new Promise<void>((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve)
  })

const read = async (array: NDArray | DeviceArray) =>
  (isDeviceArray(array) ? await array.read() : array) as NDArray<'float32'>
