import { CascadeError } from '@cascade-diffusion/checks'

/** Part of a file is valid, but of a kind that is not read here. */
export class Unsupported extends CascadeError {
  constructor(message: string) {
    super('unsupported', message)
  }
}
