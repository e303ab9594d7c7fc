import type { CascadePlan } from '../plan/cascade-plan.ts'

/** Stands for ∞ until the text is made: JSON has no infinity, but 1e999 is read as one. */
const INFINITE = '\u0000infinity'

/**
 * A plan as JSON text: as a run's config.json has it, and as `--print-config` shows it. Read again, it is the same plan.
 * A custom value, such as a network or a source of images, is shown by its data: `{ "custom": true, "name": "grey",
 * "maxLevel": 4 }`.
 */
export function printedPlan(plan: CascadePlan): string {
  const text = JSON.stringify(plain(plan), undefined, 2)
  return `${text.replaceAll(JSON.stringify(INFINITE), '1e999').replaceAll(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, onOneLine)}\n`
}

/** A plan as it is after it was written and read. */
export const plainPlan = (plan: CascadePlan): CascadePlan => JSON.parse(printedPlan(plan))

/** A list of numbers or texts, `[1, 2, 2]`, where it is short. */
function onOneLine(list: string, entries: string): string {
  const line = `[${entries.split(/,\n\s+/).join(', ')}]`
  return line.length <= 100 ? line : list
}

/** A value as JSON has it. */
function plain(value: unknown): unknown {
  if (value === Number.POSITIVE_INFINITY) return INFINITE
  if (typeof value === 'function') return { custom: true, name: value.name }
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value)) return { custom: true, name: value.constructor.name }
  if (Array.isArray(value)) return value.map(plain)
  const data = Object.entries(value).filter(([, each]) => typeof each !== 'function' && each !== undefined)
  const fields = Object.fromEntries(data.map(([key, each]) => [key, plain(each)]))
  return hasFunctions(value) ? { custom: true, ...fields } : fields
}

/** Whether an object has methods, its own or those of its class. */
const hasFunctions = (value: object): boolean =>
  !Array.isArray(value) &&
  (![Object.prototype, null].includes(Object.getPrototypeOf(value)) ||
    Object.values(value).some((each) => typeof each === 'function'))

/** The path of the first custom value that was printed, in a plan or a configuration that was read; undefined if none. */
export function customValue(read: unknown, path = ''): string | undefined {
  if (typeof read !== 'object' || read === null || hasFunctions(read)) return undefined
  if ((read as { readonly custom?: unknown }).custom === true) return path
  for (const [key, each] of Object.entries(read)) {
    const found = customValue(each, Array.isArray(read) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}
