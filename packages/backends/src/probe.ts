import type { BackendName } from './backend-name.ts'
import { beside, type ModuleResult, type RunModuleOptions, runModule } from './run-module.ts'
import type { UsedBackend } from './use-backend.ts'

/**
 * Loads a backend in its own process and has it compute a known result.
 * @param folder the package of the backend, if not the one that {@link useBackend} would take.
 */
export const probeBackend = (
  name: BackendName,
  options: RunModuleOptions = {},
  folder?: string,
): Promise<ModuleResult<UsedBackend>> =>
  runModule(beside(import.meta.url, 'probe-child'), folder === undefined ? [name] : [name, folder], options)

/** A module that multiplies two matrices on the CPU with an `onnxruntime-node`, whose folder is its argument. */
export const onnxruntimeProbe: URL = beside(import.meta.url, 'probe-onnxruntime')
