import type { Cascade } from '@cascade-diffusion/cascade'
import { probably, UsageError } from '../usage-error.ts'

/** The classes of a cascade; undefined if it is unconditional. */
export const classesOf = ({ stages }: Cascade): readonly string[] | undefined =>
  stages.find(({ stage }) => stage.classNames !== undefined)?.stage.classNames

/**
 * The classes that the command line names, as indices.
 * @param given each a name, or an index.
 * @throws UsageError unless the cascade has them: the error names the nearest.
 */
export function labelsNamed(given: readonly string[], classNames: readonly string[] | undefined): number[] {
  if (given.length > 0 && classNames === undefined)
    throw new UsageError(`--label: expected none, since the cascade has no classes, got '${given[0]}'`)
  return given.map((text) => {
    const names = classNames as readonly string[]
    const index = names.indexOf(text)
    if (index >= 0) return index
    if (/^\d+$/.test(text) && Number(text) < names.length) return Number(text)
    throw new UsageError(
      `--label: expected one of the classes ${listed(names)}, by name or from 0 to ${names.length - 1}, ` +
        `got '${text}'${probably(text, names)}`,
    )
  })
}

/** The beginning of a list. */
export const listed = (names: readonly string[], most = 12): string =>
  names.slice(0, most).join(', ') + (names.length > most ? ', …' : '')

/** Classes in turn, for each of `count` images. */
export const inTurn = (labels: readonly number[], count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => labels[i % labels.length] as number)
