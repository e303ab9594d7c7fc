import { CascadeError } from '@cascade-diffusion/checks'

/** A part of a file that is valid, but not supported. */
export class Unsupported extends CascadeError {
  constructor(message: string) {
    super('unsupported', message)
  }
}
