import { type Next, oneOf } from '@cascade-diffusion/testing'

type Json = unknown

const deep: Json = Array.from({ length: 150 }).reduce((inner) => [inner], [])

/**
 * Replacements of values: other types, numbers at a limit, names that lead elsewhere or mean something to JavaScript.
 */
const oddValues: readonly Json[] = [
  ...[null, true, {}, [], [[]], '', 0, 1, -1, 0.5, 3, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 60, -(2 ** 53), 1e300],
  ...['__proto__', 'constructor', 'toString', 'length', 'F32', 'F64', 'BOOL', 'I64', 'float32', 'uint8', 'string'],
  ...['../a', '/etc/passwd', '..', '.', './b', 'a/b', 'a\\b', 'C:\\a', '.hidden', 'a\0', 'x'.repeat(300)],
  deep,
  Array.from({ length: 70 }, () => 1),
  Array.from({ length: 5 }, () => 65536),
]

/** JSON in which one to three values, keys or places are replaced. */
export function damageJson(good: Json, next: Next): Json {
  let value = good
  for (let n = 1 + next(3); n > 0; n--) value = change(value, next(countOf(value)), value, next)
  return value
}

const childrenOf = (value: Json): readonly Json[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : []

const countOf = (value: Json): number => childrenOf(value).reduce((n: number, child) => n + countOf(child), 1)

/** Replaces the n-th value in the order of the text. */
function change(value: Json, place: number, root: Json, next: Next): Json {
  if (place === 0) return next(2) === 0 ? changed(value, root, next) : rearranged(value, root, next)
  let left = place - 1
  const visit = (child: Json): Json => {
    const count = countOf(child)
    const here = left >= 0 && left < count
    const result = here ? change(child, left, root, next) : child
    left -= count
    return result
  }
  if (Array.isArray(value)) return value.map(visit)
  return Object.fromEntries(Object.entries(value as object).map(([key, child]) => [key, visit(child)]))
}

function changed(value: Json, root: Json, next: Next): Json {
  if (typeof value === 'number' && next(2) === 0)
    return oneOf([value + 1, value - 1, value * 2, -value, value / 2], next)
  return next(4) === 0 ? anyWithin(root, next) : oneOf(oddValues, next)
}

function anyWithin(root: Json, next: Next): Json {
  let value = root
  for (let depth = next(5); depth > 0 && childrenOf(value).length > 0; depth--) value = oneOf(childrenOf(value), next)
  return value
}

/** Members of a container removed, in another's place, or under another's name. */
function rearranged(value: Json, root: Json, next: Next): Json {
  if (childrenOf(value).length === 0) return changed(value, root, next)
  const entries = Object.entries(value as object)
  const [i, j] = [next(entries.length), next(entries.length)]
  const kind = next(4)
  if (kind === 0) entries.splice(i, 1)
  else if (kind === 1) [entries[i]![1], entries[j]![1]] = [entries[j]![1], entries[i]![1]]
  else if (kind === 2) entries[i]![1] = entries[j]![1]
  else entries.push([next(2) === 0 ? `${oneOf(oddValues, next)}` : `${entries[i]![0]}2`, entries[i]![1]])
  return Array.isArray(value) ? entries.map(([, child]) => child) : Object.fromEntries(entries)
}

/** The bytes of JSON, or of something close to it. */
export const jsonBytes = (value: Json): Uint8Array => new TextEncoder().encode(JSON.stringify(value) ?? '')
