import { CascadeError } from '@cascade-diffusion/checks'

/**
 * The index of a class given by name or by index, of a source or of anything else that names its classes.
 * @throws an "unknown class label" error that lists the names.
 */
export function classIndex(
  { classNames }: { readonly classNames: readonly string[] },
  nameOrIndex: string | number,
): number {
  const index = typeof nameOrIndex === 'number' ? nameOrIndex : classNames.indexOf(nameOrIndex)
  if (Number.isInteger(index) && index >= 0 && index < classNames.length) return index
  throw new CascadeError(
    'input',
    `unknown class label ${nameOrIndex}: expected ${classNames.join(', ')}, or an index from 0 to ${classNames.length - 1}`,
  )
}
