import { type InstallCudaOptions, installCuda } from './install-cuda.ts'
import { installTensorFlow } from './install-tensorflow.ts'
import type { InstallableName } from './installed.ts'
import type { Receipt } from './receipt.ts'

/** Installs a backend: see `installTensorFlow` for `node` and `node-gpu`, `installCuda` for `cuda`. */
export const install = (name: InstallableName, options: InstallCudaOptions): Promise<Receipt> =>
  name === 'cuda' ? installCuda(options) : installTensorFlow(name, options)
