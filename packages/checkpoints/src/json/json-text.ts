import { CascadeError } from '@cascade-diffusion/checks'
/**
 * Parses JSON as Python writes it, with the numbers `NaN`, `Infinity` and `-Infinity`. Everything else follows the
 * standard.
 * @throws with the line, the column and the text there, if it is not JSON, nests deeper than `maxDepth`, or repeats a
 * key of an object.
 */
export function parseJsonText(text: string, maxDepth: number): unknown {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0

  const place = (position: number): string => {
    const before = text.slice(0, position)
    const line = before.split('\n').length
    return `line ${line}, column ${position - before.lastIndexOf('\n')}`
  }
  const fail = (what: string, position = at): never => {
    const rest = text.slice(position, position + shownCharacters)
    throw new CascadeError(
      'checkpoint',
      `expected JSON: ${what} at ${place(position)}, got ${rest === '' ? 'the end' : JSON.stringify(rest)}`,
    )
  }
  const next = (): string => {
    while (isSpace(text.charCodeAt(at))) at++
    return text[at] ?? ''
  }
  const string = (): string => {
    const start = at
    let isPlain = true
    for (at++; ; at++) {
      const code = text.charCodeAt(at)
      if (code === quote) break
      if (Number.isNaN(code)) return fail('a string that ends', start)
      if (code < firstPrinted) return fail('a string without raw control characters', start)
      if (code !== backslash) continue
      isPlain = false
      at++
    }
    at++
    if (isPlain) return text.slice(start + 1, at - 1)
    try {
      return JSON.parse(text.slice(start, at)) as string
    } catch {
      return fail('a string of known escapes', start)
    }
  }
  const simple = (): unknown => {
    // Most numbers are offsets and sizes.
    let digits = at
    while (isDigit(text.charCodeAt(digits))) digits++
    const follows = text.charCodeAt(digits)
    const isCount = digits > at && digits - at <= exactDigits && (text.charCodeAt(at) !== zero || digits === at + 1)
    if (isCount && (follows === comma || follows === bracket || follows === brace)) {
      const number = Number(text.slice(at, digits))
      at = digits
      return number
    }
    literal.lastIndex = at
    const [token] = literal.exec(text) ?? []
    if (token === undefined) return fail('a value')
    at += token.length
    return literals.has(token) ? literals.get(token) : Number(token)
  }
  const list = (depth: number): unknown[] => {
    const items: unknown[] = []
    at++
    if (next() === ']') at++
    else
      do items.push(value(depth))
      while (goesOn(']'))
    return items
  }
  /** Whether a comma comes next, or the end of the container. */
  const goesOn = (end: string): boolean => {
    const token = next()
    if (token !== ',' && token !== end) fail(`',' or '${end}'`)
    at++
    return token === ','
  }
  const object = (depth: number): Record<string, unknown> => {
    const members = new Map<string, unknown>()
    at++
    if (next() === '}') at++
    else
      do {
        if (next() !== '"') fail('a key in double quotes')
        const start = at
        const key = string()
        if (members.has(key)) fail('each key of an object once', start)
        if (next() !== ':') fail("':'")
        at++
        members.set(key, value(depth))
      } while (goesOn('}'))
    // As own properties, whatever their names are.
    return Object.fromEntries(members)
  }
  const value = (depth: number): unknown => {
    const token = next()
    if (token === '"') return string()
    if (token !== '{' && token !== '[') return simple()
    if (depth === maxDepth) fail(`values nested ${maxDepth} deep at most`)
    return token === '{' ? object(depth + 1) : list(depth + 1)
  }

  const result = value(0)
  if (next() !== '') fail('nothing more')
  return result
}

/** Characters of the text that an error shows. */
const shownCharacters = 30

const [quote, backslash, comma, bracket, brace, zero] = [0x22, 0x5c, 0x2c, 0x5d, 0x7d, 0x30]
const firstPrinted = 0x20
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
/** Integers of at most this many digits are exact. */
const exactDigits = 15

/** Tab, line feed, carriage return, space. */
const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d

const literal = /true\b|false\b|null\b|NaN\b|-?Infinity\b|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y
const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])
