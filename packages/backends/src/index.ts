export { type BackendName, backendNames } from './backend-name.ts'
export { cacheFolder } from './folders.ts'
export { type UseBackendOptions, type UsedBackend, useBackend } from './use-backend.ts'
