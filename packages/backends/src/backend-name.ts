/** The tfjs backends of {@link useBackend}, all for Node.js. */
export const backendNames = ['cpu', 'wasm', 'node', 'node-gpu'] as const

/**
 * `cpu`: plain JavaScript. `wasm`: WebAssembly, without most gradients. `node`: TensorFlow's library on the CPU.
 * `node-gpu`: TensorFlow's library built for CUDA.
 */
export type BackendName = (typeof backendNames)[number]

/** The npm package of a backend, and its name in tfjs. */
export const backendPackages: Readonly<Record<BackendName, { readonly npm: string; readonly tfjs: string }>> = {
  cpu: { npm: '@tensorflow/tfjs-backend-cpu', tfjs: 'cpu' },
  wasm: { npm: '@tensorflow/tfjs-backend-wasm', tfjs: 'wasm' },
  node: { npm: '@tensorflow/tfjs-node', tfjs: 'tensorflow' },
  'node-gpu': { npm: '@tensorflow/tfjs-node-gpu', tfjs: 'tensorflow' },
}

/** Whether a backend is TensorFlow's native library. */
export const isNative = (name: BackendName): name is 'node' | 'node-gpu' => name === 'node' || name === 'node-gpu'
