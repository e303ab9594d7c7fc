import { CascadeError } from '@cascade-diffusion/checks'

/** Of each peer, what installs it. ONNX Runtime's script for Node.js would fetch the CUDA provider, which only `cuda` needs. */
const installLines = {
  'onnxruntime-node': 'npm i onnxruntime-node --ignore-scripts',
  'onnxruntime-web': 'npm i onnxruntime-web',
}

/** The error for a peer that is not there, which says how to install it, or that does not load, with the reason. */
export function notLoading(name: keyof typeof installLines, cause: Error): Error {
  // So say Node.js and Yarn's Plug'n'Play; what a package that is there does not find has another name.
  const absent = new RegExp(`(find package '|find module '|tried to access )${name}\\b`).test(cause.message)
  const why = absent ? `${name} is not installed: ${installLines[name]}` : `could not load ${name}: ${cause.message}`
  return new CascadeError('engine', `jit: ${why}`, { cause })
}
