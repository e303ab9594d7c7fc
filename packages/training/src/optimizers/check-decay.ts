import { CascadeError, type Schema, schema, shown } from '@cascade-diffusion/checks'

/**
 * Gives the value back if it can be the decay of an average: a number from 0 to less than 1.
 * @throws `where: expected what, a number from 0 to less than 1, got 1`
 */
export function checkDecay(where: string, what: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value
  throw new CascadeError('input', `${where}: expected ${what}, a number from 0 to less than 1, got ${shown(value)}`)
}

/** What {@link checkDecay} accepts, in a configuration. */
export const decaySchema: Schema<number> = schema.value(
  'a number from 0 to less than 1',
  (value) => typeof value === 'number' && value >= 0 && value < 1,
  { type: 'number', minimum: 0, exclusiveMaximum: 1 },
)
