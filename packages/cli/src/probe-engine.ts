import { beside, type ModuleResult, type RunModuleOptions, runModule } from '@cascade-diffusion/backends'
import type { EngineName } from '@cascade-diffusion/jit'

/** Has an engine of jit compute something whose result is known, in a process of its own. */
export const probeEngine = (name: EngineName, options?: RunModuleOptions): Promise<ModuleResult<undefined>> =>
  runModule(beside(import.meta.url, 'engine-child'), [name], options)
