import { oneOf } from '../inputs.ts'
import { compileNames } from './compile-names.ts'

/** The option of commands that run models. */
export const backendOption = oneOf(
  compileNames,
  'what runs the models. jit: compiled, on the CPU, or by another engine; node, node-gpu: TensorFlow, operation by ' +
    'operation; cpu: plain JavaScript, hundreds of times slower',
  { default: 'jit' },
)
