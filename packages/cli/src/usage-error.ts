import { CascadeError, nearest } from '@cascade-diffusion/checks'

/** A mistake in how the program was called. */
export class UsageError extends CascadeError {
  constructor(message: string) {
    super('input', message)
  }
}

/** `. Did you mean 'summary'?`, if a name is near enough. */
export function probably(name: string, names: readonly string[], before = ''): string {
  const close = nearest(name, names)
  return close === undefined ? '' : `. Did you mean '${before}${close}'?`
}
