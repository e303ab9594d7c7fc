import { oneOf } from '../inputs.ts'

/** The option of commands that open images. */
export const splitOption = oneOf(['train', 'val', 'test'], 'which part, if there are several', {
  value: 'PART',
})
