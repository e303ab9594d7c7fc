/** Every version that is installed, in one place. */
export const versions = {
  /** `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu`; tfjs-core must be of the same. */
  tfjs: '4.22.0',
  /** The wheel whose libraries the add-on is built against. */
  tensorflow: '2.21.0',
  nodeGyp: '12.4.0',
  /** Node-API of the add-on: any Node.js from 12.22 on loads it. */
  napi: 8,
} as const

/** A wheel's project on the package index, and the end of its name: which machines it is for. */
export interface WheelKind {
  readonly project: string
  readonly platform: RegExp
}

/** TensorFlow's wheels by backend and machine, as `process.platform` and `process.arch` say it. */
export const tensorflowWheels: Readonly<Record<'node' | 'node-gpu', Readonly<Record<string, WheelKind>>>> = {
  node: {
    'linux-x64': { project: 'tensorflow-cpu', platform: /manylinux\w*_x86_64/ },
    'linux-arm64': { project: 'tensorflow', platform: /manylinux\w*_aarch64/ },
  },
  'node-gpu': {
    'linux-x64': { project: 'tensorflow', platform: /manylinux\w*_x86_64/ },
  },
}

/** ONNX Runtime's wheels with the CUDA provider, by machine. The version is that of the installed `onnxruntime-node`. */
export const onnxruntimeWheels: Readonly<Record<string, WheelKind>> = {
  'linux-x64': { project: 'onnxruntime-gpu', platform: /manylinux\w*_x86_64/ },
  'linux-arm64': { project: 'onnxruntime-gpu', platform: /manylinux\w*_aarch64/ },
}
