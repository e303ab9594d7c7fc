import { CascadeError, checkNumber, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import {
  type DiffusionModel,
  isDiscrete,
  learnsVariance,
  type NoiseLevelTensors,
  type Schedule,
} from '@cascade-diffusion/diffusion'
import {
  edm,
  hybridLossPerExample,
  klLossPerExample,
  type LossInput,
  minSnr,
  p2,
  simpleLossPerExample,
  type Weighting,
} from '@cascade-diffusion/losses'
import type { UNetCondition } from '@cascade-diffusion/unet'
import type { Tensor1D } from '@tensorflow/tfjs-core'
import { checkNorm } from '../sampling/check-sampling.ts'
import type { Stage } from '../stage/stage.ts'
import type {
  HybridLossConfig,
  KlLossConfig,
  LossConfig,
  SimpleLossConfig,
  WeightingConfig,
} from './training-objective.ts'

/** The loss of each example, [N], at steps or at noise levels: a traceable function. */
export type StageLoss = (
  model: DiffusionModel<UNetCondition, Schedule>,
  input: LossInput<UNetCondition, Tensor1D | NoiseLevelTensors>,
) => Tensor1D

/** What a stage minimises unless it is told otherwise. */
export const defaultLoss = ({ process }: Stage): LossConfig => ({ name: learnsVariance(process) ? 'hybrid' : 'simple' })

/**
 * The loss of that description.
 * @throws if it is unknown, or does not fit the stage: the bound needs discrete steps, the hybrid loss a learned variance, and
 * the simple loss trains none.
 */
export function lossOf(config: LossConfig, { name, process }: Stage): StageLoss {
  const refuse = (expected: string): never => {
    throw new CascadeError('input', `stage '${name}': expected ${expected}`)
  }
  checkLossConfig(`stage '${name}'`, config)
  const learned = learnsVariance(process)
  const { schedule } = process
  const weighting = 'weighting' in config && config.weighting ? { weighting: weightingOf(config.weighting) } : {}
  const norm = 'norm' in config && config.norm ? { norm: config.norm } : {}
  if (config.name === 'simple') {
    if (learned) refuse(`the loss hybrid or kl, since the variance is ${process.variance} and simple does not train it`)
    return (model, input) => simpleLossPerExample(model, input, { ...norm, ...weighting })
  }
  if (config.name !== 'hybrid' && config.name !== 'kl')
    refuse(`a loss of simple, hybrid, kl; got '${(config as { name: unknown }).name}'`)
  if (config.name === 'hybrid' && !learned)
    refuse(`a variance that is learned or learned-range for the loss hybrid, got ${process.variance}`)
  if (!isDiscrete(schedule)) return refuse(`the loss simple in continuous time, got ${config.name}`)
  const { vlbWeight } = config
  const weight = vlbWeight === undefined ? {} : { vlbWeight }
  return ({ network, process }, { t, ...input }) => {
    const model = { network, process: { ...process, schedule } }
    const atSteps = { ...input, t: t as Tensor1D }
    return config.name === 'kl'
      ? klLossPerExample(model, atSteps, weight)
      : hybridLossPerExample(model, atSteps, { ...weight, ...norm, ...weighting }).loss
  }
}

const lossKeys = {
  simple: { name: true, norm: true, weighting: true },
  hybrid: { name: true, norm: true, weighting: true, vlbWeight: true },
  kl: { name: true, vlbWeight: true },
} as const satisfies {
  simple: KnownKeys<SimpleLossConfig>
  hybrid: KnownKeys<HybridLossConfig>
  kl: KnownKeys<KlLossConfig>
}

function checkLossConfig(where: string, config: LossConfig): void {
  if (typeof config !== 'object' || config === null)
    throw new CascadeError('input', `${where}: expected a loss such as { name: 'simple' }, got ${shown(config)}`)
  // Names that are unknown are told with what the stage allows.
  const known: Record<string, true> | undefined = Object.hasOwn(lossKeys, config.name)
    ? lossKeys[config.name]
    : undefined
  if (known) checkOptions<Record<string, unknown>>(`${where}: loss ${config.name}`, { ...config }, known)
  if ('norm' in config && config.norm !== undefined) checkNorm(where, config.norm)
  if ('vlbWeight' in config && config.vlbWeight !== undefined) checkNumber(where, 'vlbWeight', config.vlbWeight)
}

/** The weighting of that description. @throws if it is unknown, or as its function. */
export function weightingOf(config: WeightingConfig): Weighting {
  const { name, ...options } = (config ?? {}) as WeightingConfig
  const makers = { 'min-snr': minSnr, p2, edm }
  const make = typeof config === 'object' && Object.hasOwn(makers, name ?? '') ? makers[name] : undefined
  if (!make)
    throw new CascadeError(
      'input',
      `weighting: expected min-snr, p2 or edm, got ${shown(typeof config === 'object' ? name : config)}` +
        (typeof config === 'string' ? `, which has to be said as { name: '${config}' }` : ''),
    )
  return make(options)
}
