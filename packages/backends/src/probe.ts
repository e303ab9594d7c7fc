import type { BackendName } from './backend-name.ts'
import { beside, type ModuleResult, type RunModuleOptions, runModule } from './run-module.ts'
import type { UsedBackend } from './use-backend.ts'

/**
 * Loads a backend in a process of its own and has it compute something whose result is known.
 * @param folder the backend's package, if another than {@link useBackend} would take.
 */
export const probeBackend = (
  name: BackendName,
  options: RunModuleOptions = {},
  folder?: string,
): Promise<ModuleResult<UsedBackend>> =>
  runModule(beside(import.meta.url, 'probe-child'), folder === undefined ? [name] : [name, folder], options)

/** The module that has an `onnxruntime-node`, its folder an argument, multiply two matrices on the processor. */
export const onnxruntimeProbe: URL = beside(import.meta.url, 'probe-onnxruntime')
