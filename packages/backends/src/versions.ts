/** Every version that is installed, in one place. */
export const versions = {
  /** `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu`; tfjs-core must have the same version. */
  tfjs: '4.22.0',
  /** The wheel whose libraries the add-on is built against. */
  tensorflow: '2.21.0',
  nodeGyp: '12.4.0',
  /** Node-API version of the add-on: Node.js 12.22 and later load it. */
  napi: 8,
} as const

/** The project of a wheel on the package index, and the end of its name, which says the machines that it is for. */
export interface WheelKind {
  readonly project: string
  readonly platform: RegExp
}

/** TensorFlow's wheels by backend and machine (`process.platform` and `process.arch`). */
export const tensorflowWheels: Readonly<Record<'node' | 'node-gpu', Readonly<Record<string, WheelKind>>>> = {
  node: {
    'linux-x64': { project: 'tensorflow-cpu', platform: /manylinux\w*_x86_64/ },
    'linux-arm64': { project: 'tensorflow', platform: /manylinux\w*_aarch64/ },
  },
  'node-gpu': {
    'linux-x64': { project: 'tensorflow', platform: /manylinux\w*_x86_64/ },
  },
}

/**
 * ONNX Runtime's wheels with the CUDA provider by machine. Their version is that of the installed `onnxruntime-node`.
 */
export const onnxruntimeWheels: Readonly<Record<string, WheelKind>> = {
  'linux-x64': { project: 'onnxruntime-gpu', platform: /manylinux\w*_x86_64/ },
  'linux-arm64': { project: 'onnxruntime-gpu', platform: /manylinux\w*_aarch64/ },
}
