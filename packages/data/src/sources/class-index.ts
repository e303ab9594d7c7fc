import { CascadeError, shown } from '@cascade-diffusion/checks'

/**
 * The index of a class given by name or by index, of a source or of anything else that names its classes.
 * @throws an error that lists the names.
 */
export function classIndex(
  { classNames }: { readonly classNames: readonly string[] },
  nameOrIndex: string | number,
): number {
  const index = typeof nameOrIndex === 'number' ? nameOrIndex : classNames.indexOf(nameOrIndex)
  if (Number.isInteger(index) && index >= 0 && index < classNames.length) return index
  throw new CascadeError(
    'input',
    `classIndex: expected a class, one of ${classNames.join(', ')}, or its index from 0 to ${classNames.length - 1}, got ${shown(nameOrIndex)}`,
  )
}
