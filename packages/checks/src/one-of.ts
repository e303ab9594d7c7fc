import { CascadeError } from './cascade-error.ts'
import { nearest } from './nearest.ts'
import { shown } from './shown.ts'

/**
 * Returns the value if it is one of those allowed.
 * @param where the function that checks: `train`, `stage 'base'`.
 * @param what the argument: `a sampler`.
 * @throws `where: expected what, one of 'a', 'b'; got 'x'`, and the name that was probably meant.
 */
export function checkOneOf<T extends string>(where: string, what: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T
  const close = typeof value === 'string' ? nearest(value, allowed) : undefined
  throw new CascadeError(
    'input',
    `${where}: expected ${what}, one of ${allowed.map((name) => `'${name}'`).join(', ')}; got ${shown(value)}` +
      (close ? `. Did you mean '${close}'?` : ''),
  )
}
