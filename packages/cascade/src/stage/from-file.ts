import { CascadeError, isCascadeError } from '@cascade-diffusion/checks'

/** Makes something of what a file says. @throws of code `checkpoint`, rather than `input`, if the file is wrong. */
export function fromFile<T>(where: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    if (!isCascadeError(cause, 'input')) throw cause
    throw new CascadeError('checkpoint', `${where}: ${cause.message}`, { cause })
  }
}
