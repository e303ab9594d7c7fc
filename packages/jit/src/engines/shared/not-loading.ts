import { CascadeError } from '@cascade-diffusion/checks'

/**
 * How to install each peer. The install script of `onnxruntime-node` fetches the CUDA provider, which only `cuda`
 * needs.
 */
const installLines = {
  'onnxruntime-node': 'npm i onnxruntime-node --ignore-scripts',
  'onnxruntime-web': 'npm i onnxruntime-web',
}

/** The error for a peer that does not load: it says how to install one that is missing, and else the reason. */
export function notLoading(name: keyof typeof installLines, cause: Error): Error {
  // The words of Node.js and Yarn's Plug'n'Play. Where an installed package lacks another one, the name is the other's.
  const absent = new RegExp(`(find package '|find module '|tried to access )${name}\\b`).test(cause.message)
  const why = absent ? `${name} is not installed: ${installLines[name]}` : `could not load ${name}: ${cause.message}`
  return new CascadeError('engine', `jit: ${why}`, { cause })
}
