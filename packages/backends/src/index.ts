export { type BackendName, backendNames } from './backend-name.ts'
export { install } from './install/install.ts'
export type { InstallCudaOptions } from './install/install-cuda.ts'
export {
  type InstallableName,
  type InstalledOptions,
  installableNames,
  installed,
  remove,
} from './install/installed.ts'
export type { InstallOptions } from './install/options.ts'
export type { Receipt } from './install/receipt.ts'
export { probeBackend } from './probe.ts'
export { beside, giveResult, type ModuleResult, type RunModuleOptions, runModule } from './run-module.ts'
export { type UseBackendOptions, type UsedBackend, useBackend } from './use-backend.ts'
