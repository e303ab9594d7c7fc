/**
 * A short form of a value, for the "got …" of an error: a string in quotes and shortened, a list by its length, an
 * object by its class.
 */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (value === null || typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? 'Object'
  const article = /^[AEIO]/.test(name) ? 'an' : 'a'
  if (ArrayBuffer.isView(value)) return `${article} ${name} of ${(value as Uint8Array).length ?? value.byteLength}`
  return name === 'Object'
    ? `an object with ${Object.keys(value).slice(0, 5).join(', ') || 'nothing in it'}`
    : `${article} ${name}`
}

/** {@link shown} of what should be a range or a size: two numbers are shown as they are, `[0.6, 0.4]`. */
export const shownPair = (value: unknown): string =>
  Array.isArray(value) && value.length === 2 && value.every((entry) => typeof entry === 'number')
    ? `[${value.join(', ')}]`
    : shown(value)
