/**
 * Parses JSON as Python writes it: `NaN`, `Infinity` and `-Infinity` are numbers too. Nothing else is taken that JSON does not have.
 * @throws naming the line and the column, and what stands there, if it is none, nests deeper than `maxDepth`, or has a key of an
 * object twice.
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
    throw new Error(
      `expected JSON: ${what} at ${place(position)}, got ${rest === '' ? 'the end' : JSON.stringify(rest)}`,
    )
  }
  const next = (): string => {
    while (spaces.has(text.charCodeAt(at))) at++
    return text[at] ?? ''
  }
  const string = (): string => {
    const start = at
    for (let end = text.indexOf('"', start + 1); end > 0; end = text.indexOf('"', end + 1)) {
      if (isEscaped(text, end)) continue
      at = end + 1
      try {
        return JSON.parse(text.slice(start, at)) as string
      } catch {
        return fail('a string without raw control characters and unknown escapes', start)
      }
    }
    return fail('a string that ends', start)
  }
  const simple = (): unknown => {
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
  /** Whether a comma comes, or the end of what is being read. */
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

/** How much of what stands in the wrong place an error shows. */
const shownCharacters = 30

/** Space, tab, line feed, carriage return. */
const spaces: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])

const literal = /true\b|false\b|null\b|NaN\b|-?Infinity\b|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y
const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/** Whether the quote there has an odd number of backslashes in front. */
function isEscaped(text: string, quote: number): boolean {
  let from = quote
  while (text[from - 1] === '\\') from--
  return (quote - from) % 2 === 1
}
