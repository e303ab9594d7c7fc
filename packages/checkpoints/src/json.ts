/** The longest JSON text that is read: the longest header that safetensors allows, in bytes. */
export const maxJsonBytes = 100_000_000

/** The most axes of an array. */
const maxRank = 64

/**
 * Parses JSON that comes from a file of unknown origin.
 * @throws if it is none, nests deeper than `maxDepth`, or repeats a key within an object.
 */
export function parseJson(bytes: Uint8Array, maxDepth: number): unknown {
  const text = decodeText(bytes)
  let depth = 0
  let keys = 0
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]/g)) {
    if (colon) keys++
    else if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth--
    if (depth > maxDepth) throw new Error(`expected JSON nested ${maxDepth} deep, got more`)
  }
  const value = tryParse(text)
  if (keysOf(value) !== keys) throw new Error('expected JSON whose objects have each key once, got one twice')
  return value
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`expected JSON, got ${JSON.stringify(text.slice(0, 40))}`)
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Error('expected JSON in UTF-8, got other bytes')
  }
}

/** The keys of all objects. The depth is known to be small. */
function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const children = Object.values(value)
  return children.reduce((n: number, child) => n + keysOf(child), Array.isArray(value) ? 0 : children.length)
}

/** @throws unless the value is an object, naming it. */
export function asRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what}: expected a JSON object, got ${show(value)}`)
  return value as Record<string, unknown>
}

/** Whether a value is a list of counts, short enough to be a shape. */
export const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= maxRank && value.every((n) => Number.isSafeInteger(n) && n >= 0)

/** A value as an error message shows it. */
export const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** A name as an error message shows it. */
export const shorten = (name: string): string => (name.length > 120 ? `${name.slice(0, 120)}…` : name)
