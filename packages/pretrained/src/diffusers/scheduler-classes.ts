/** Settings that determine the process, by diffusers' names, with the defaults of a class. */
export interface ProcessSettings {
  readonly num_train_timesteps: number
  readonly beta_schedule: string
  /** Absent if the class supports ε only. */
  readonly prediction_type?: string
  readonly beta_start?: number
  readonly beta_end?: number
  readonly trained_betas?: readonly number[] | null
  readonly variance_type?: string | null
  readonly rescale_betas_zero_snr?: boolean
  readonly snr_shift_scale?: number
  readonly use_flow_sigmas?: boolean
  readonly timestep_type?: string
}

const linear = { beta_schedule: 'linear', beta_start: 0.0001, beta_end: 0.02, trained_betas: null }
const noise = { num_train_timesteps: 1000, prediction_type: 'epsilon' }
const ddpm = { ...noise, ...linear }
const latent = { ...ddpm, beta_start: 0.00085, beta_end: 0.012 }
const scaled = { ...latent, beta_schedule: 'scaled_linear' }
const rescaling = { rescale_betas_zero_snr: false }
const flow = { use_flow_sigmas: false }
const solver = { ...ddpm, ...flow, variance_type: null }

/**
 * The schedulers of diffusers 0.42.1 whose process has discrete betas, with the defaults of the settings that determine
 * it. `npx -y pnpm@10 check:schedulers` compares their numbers with ours.
 */
export const schedulerClasses: Readonly<Record<string, ProcessSettings>> = {
  CogVideoXDDIMScheduler: { ...scaled, ...rescaling, snr_shift_scale: 3 },
  CogVideoXDPMScheduler: { ...scaled, ...rescaling, snr_shift_scale: 3 },
  DDIMInverseScheduler: { ...ddpm, ...rescaling },
  DDIMParallelScheduler: { ...ddpm, ...rescaling },
  DDIMScheduler: { ...ddpm, ...rescaling },
  DDPMParallelScheduler: { ...ddpm, ...rescaling, variance_type: 'fixed_small' },
  DDPMScheduler: { ...ddpm, ...rescaling, variance_type: 'fixed_small' },
  DEISMultistepScheduler: { ...ddpm, ...flow },
  DPMSolverMultistepInverseScheduler: solver,
  DPMSolverMultistepScheduler: { ...solver, ...rescaling },
  DPMSolverSDEScheduler: latent,
  DPMSolverSinglestepScheduler: solver,
  EulerAncestralDiscreteScheduler: { ...ddpm, ...rescaling },
  EulerDiscreteScheduler: { ...ddpm, ...rescaling, timestep_type: 'discrete' },
  HeunDiscreteScheduler: latent,
  KDPM2AncestralDiscreteScheduler: latent,
  KDPM2DiscreteScheduler: latent,
  LCMScheduler: { ...scaled, ...rescaling },
  LMSDiscreteScheduler: ddpm,
  PNDMScheduler: ddpm,
  RePaintScheduler: { num_train_timesteps: 1000, ...linear },
  SASolverScheduler: solver,
  TCDScheduler: { ...scaled, ...rescaling },
  UnCLIPScheduler: { ...noise, beta_schedule: 'squaredcos_cap_v2', variance_type: 'fixed_small_log' },
  UniPCMultistepScheduler: { ...ddpm, ...flow, ...rescaling },
}

/** Settings of these classes that determine the sampling only: solver, steps, clipping. They are ignored. */
export const samplingSettings: ReadonlySet<string> = new Set([
  ...['algorithm_type', 'clip_sample', 'clip_sample_range', 'corrector_order', 'disable_corrector'],
  ...['dynamic_thresholding_ratio', 'eta', 'euler_at_final', 'final_sigmas_type', 'flow_shift'],
  ...['interpolation_type', 'lambda_min_clipped', 'lower_order_final', 'noise_sampler_seed'],
  ...['original_inference_steps', 'predict_x0', 'predictor_order', 'sample_max_value', 'set_alpha_to_one'],
  ...['set_alpha_to_zero', 'shift_terminal', 'sigma_max', 'sigma_min', 'skip_prk_steps'],
  ...['solver_order', 'solver_p', 'solver_type', 'steps_offset', 'tau_func'],
  ...['tensor_format', 'thresholding', 'time_shift_type', 'timestep_scaling', 'timestep_spacing'],
  ...['use_beta_sigmas', 'use_dynamic_shifting', 'use_exponential_sigmas', 'use_karras_sigmas', 'use_lu_lambdas'],
])

/** Why the process of a class does not have discrete betas. */
export const otherProcesses: Readonly<Record<string, string>> = {
  ...reason('interpolates data and noise linearly (flow matching)', [
    ...['FlowMapEulerDiscreteScheduler', 'FlowMatchEulerDiscreteScheduler', 'FlowMatchHeunDiscreteScheduler'],
    ...['FlowMatchLCMScheduler', 'HeliosDMDScheduler', 'HeliosScheduler', 'LTXEulerAncestralRFScheduler'],
    ...['MiniMaxH3Scheduler', 'PiflowScheduler', 'RFD4ProteinaScheduler'],
  ]),
  ...reason('adds noise of growing σ to data that keep their size (variance exploding)', [
    ...['CMStochasticIterativeScheduler', 'CosineDPMSolverMultistepScheduler', 'EDMDPMSolverMultistepScheduler'],
    ...['EDMEulerScheduler', 'KarrasVeScheduler', 'ScoreSdeVeScheduler'],
  ]),
  ...reason('is of tokens, not of images', [
    ...['AmusedScheduler', 'BlockRefinementScheduler', 'DiscreteDDIMScheduler', 'EntropyBoundScheduler'],
    'VQDiffusionScheduler',
  ]),
  ...reason('is in continuous time', ['DDPMWuerstchenScheduler', 'IPNDMScheduler', 'ScoreSdeVpScheduler']),
  ...reason('is one of angles (TrigFlow)', ['SCMScheduler']),
  ...reason('is of a consistency model, whose network has a path around it that depends on the noise', [
    'ConsistencyDecoderScheduler',
  ]),
}

function reason(why: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, why]))
}
