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

/** The place of a stage among the names of stages. @throws UsageError if the option names none of them. */
export function stageNamed(option: string, name: string, names: readonly string[], stages = 'the stages'): number {
  const index = names.indexOf(name)
  if (index >= 0) return index
  throw new UsageError(
    `--${option}: expected one of ${stages} ${names.join(', ')}, got '${name}'${probably(name, names)}`,
  )
}
