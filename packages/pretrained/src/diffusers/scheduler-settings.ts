import { CascadeError, nearest, shown } from '@cascade-diffusion/checks'
import { otherProcesses, type ProcessSettings, samplingSettings, schedulerClasses } from './scheduler-classes.ts'

/** The name of a scheduler in errors. */
export const where = (className: string): string => `fromSchedulerConfig: ${className}`

/**
 * The settings that determine the process, with the defaults of the scheduler's class.
 * @throws with the name of a class that is unknown or has no discrete betas, and of settings that are unknown or that
 * the class does not support.
 */
export function schedulerSettings(json: Readonly<Record<string, unknown>>) {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new CascadeError(
      'input',
      `fromSchedulerConfig: expected the settings of a scheduler as an object, got ${shown(json)}`,
    )
  const className = classOf(json)
  const defaults = schedulerClasses[className]!
  // Null means absent, and names that begin with _ are diffusers' notes on the file.
  const given = Object.entries(json).filter(([name, value]) => !name.startsWith('_') && (value ?? null) !== null)
  const isGiven = (name: keyof ProcessSettings) => given.some(([one]) => one === name)
  for (const [name, value] of given) if (!Object.hasOwn(defaults, name)) checkForeign(className, name, value)
  const settings = { ...defaults, ...Object.fromEntries(given) } as ProcessSettings
  if (settings.use_flow_sigmas)
    throw new CascadeError(
      'unsupported',
      `${where(className)}: use_flow_sigmas: its process ${otherProcesses.FlowMatchEulerDiscreteScheduler}`,
    )
  return { className, settings, isGiven }
}

function classOf(json: Readonly<Record<string, unknown>>): string {
  const name = json._class_name
  if (typeof name !== 'string')
    throw new CascadeError(
      'checkpoint',
      `fromSchedulerConfig: expected _class_name, the scheduler of diffusers whose settings these are, got ${shown(name)}`,
    )
  if (Object.hasOwn(schedulerClasses, name)) return name
  const expected = 'expected a scheduler whose process is one of discrete betas'
  if (Object.hasOwn(otherProcesses, name))
    throw new CascadeError(
      'unsupported',
      `fromSchedulerConfig: ${expected}, got ${name}: its process ${otherProcesses[name]}`,
    )
  const close = nearest(name, Object.keys(schedulerClasses))
  throw new CascadeError(
    'checkpoint',
    `fromSchedulerConfig: ${expected}, got ${shown(name)}, which is unknown${close ? `. Did you mean '${close}'?` : ''}`,
  )
}

/** The values of settings that leave the process as it is, for classes without these settings. */
const plain: Readonly<Record<string, unknown>> = {
  trained_betas: null,
  prediction_type: 'epsilon',
  rescale_betas_zero_snr: false,
  snr_shift_scale: 1,
  use_flow_sigmas: false,
  timestep_type: 'discrete',
}

/** diffusers also saves settings of the class that a scheduler was made from. They must leave the process as it is. */
function checkForeign(className: string, name: string, value: unknown): void {
  // Settings of betas have no effect in a class with its own betas. A variance is always read.
  if (samplingSettings.has(name) || name === 'variance_type' || name === 'beta_start' || name === 'beta_end') return
  if (Object.hasOwn(plain, name)) {
    if (value === plain[name]) return
    throw new CascadeError(
      'checkpoint',
      `${where(className)}: expected no ${name} but ${shown(plain[name])}, since the class does not have it, got ${shown(value)}`,
    )
  }
  if (name === 'predict_epsilon') {
    if (value === true) return
    throw new CascadeError(
      'checkpoint',
      `${where(className)}: expected prediction_type 'sample' in place of predict_epsilon ${shown(value)}, which diffusers ignores today`,
    )
  }
  const known = Object.keys(schedulerClasses[className]!).concat(...samplingSettings)
  const close = nearest(name, known)
  throw new CascadeError(
    'checkpoint',
    `${where(className)}: unknown setting '${name}'${close ? `. Did you mean '${close}'?` : ', which may change the process'}`,
  )
}
