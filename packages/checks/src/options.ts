import { CascadeError } from './cascade-error.ts'
import { nearest } from './nearest.ts'
import { shown } from './shown.ts'

/** The names of all options of a type, for {@link checkOptions}. The compiler asks for each name and for no other. */
export type KnownKeys<T> = Readonly<Record<keyof T, true>>

/**
 * Refuses unknown options. TypeScript lets them through where objects are spread, JavaScript everywhere. An undefined
 * option counts as absent.
 * @param where the function that checks: `trainStage`.
 * @throws `where: unknown option 'emaDecey'. Did you mean 'emaDecay'?`, or if the options are not an object.
 */
export function checkOptions<T extends object>(where: string, options: T, known: KnownKeys<T>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new CascadeError('input', `${where}: expected an object of options, got ${shown(options)}`)
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(known, name)) continue
    const names = Object.keys(known)
    const close = nearest(name, names)
    throw new CascadeError(
      'input',
      `${where}: unknown option '${name}'. ${close ? `Did you mean '${close}'?` : `There are ${names.join(', ')}`}`,
    )
  }
}
