import { CascadeError, shown } from '@cascade-diffusion/checks'

/** More names than this are a mistake. */
const most = 1_000_000

/**
 * The names of a pattern, as `webdataset` and bash expand it: `train-{000000..000146}.tar` with ranges of integers, zero-padded if one end
 * is, and of letters, `{a,b}` with alternatives; both may be nested, follow each other, and ranges have an optional step, `{0..8..2}`.
 * @throws {CascadeError} of code `input` if a brace is not closed, or there are more than a million names.
 */
export function expandBraces(where: string, pattern: string): readonly string[] {
  const open = pattern.indexOf('{')
  if (open < 0) {
    if (pattern.includes('}'))
      throw new CascadeError('input', `${where}: expected a pattern with closed braces, got ${shown(pattern)}`)
    return [pattern]
  }
  const close = closing(where, pattern, open)
  const inner = pattern.slice(open + 1, close)
  const middle = range(where, inner) ?? alternatives(where, inner)
  const before = pattern.slice(0, open)
  const rest = expandBraces(where, pattern.slice(close + 1))
  checkCount(where, middle.length * rest.length)
  return middle.flatMap((part) => rest.map((end) => before + part + end))
}

const checkCount = (where: string, count: number): void => {
  if (count > most) throw new CascadeError('input', `${where}: expected at most ${most} names, got ${count}`)
}

function closing(where: string, pattern: string, open: number): number {
  let depth = 0
  for (let i = open; i < pattern.length; i++) {
    if (pattern[i] === '{') depth++
    if (pattern[i] === '}' && --depth === 0) return i
  }
  throw new CascadeError('input', `${where}: expected a pattern with closed braces, got ${shown(pattern)}`)
}

/** `a,b,c`; without a comma the braces stand for themselves. */
function alternatives(where: string, inner: string): readonly string[] {
  const parts: string[] = []
  let [depth, start] = [0, 0]
  for (let i = 0; i < inner.length; i++) {
    if (inner[i] === '{') depth++
    if (inner[i] === '}') depth--
    if (inner[i] !== ',' || depth > 0) continue
    parts.push(inner.slice(start, i))
    start = i + 1
  }
  if (parts.length === 0) return expandBraces(where, inner).map((part) => `{${part}}`)
  return [...parts, inner.slice(start)].flatMap((part) => expandBraces(where, part))
}

/** `FROM..TO` or `FROM..TO..STEP`, in either direction. */
function range(where: string, inner: string): readonly string[] | undefined {
  const integers = /^(-?\d{1,15})\.\.(-?\d{1,15})(?:\.\.-?(\d{1,15}))?$/.exec(inner)
  const letters = /^([A-Za-z])\.\.([A-Za-z])(?:\.\.-?(\d{1,15}))?$/.exec(inner)
  const [, first, last, step] = integers ?? letters ?? []
  if (first === undefined || last === undefined) return undefined
  const place = (end: string) => (integers ? Number(end) : alphabet.indexOf(end))
  const [from, to, by] = [place(first), place(last), Number(step) || 1]
  const count = Math.floor(Math.abs(to - from) / by) + 1
  checkCount(where, count)
  const width = /^-?0\d/.test(first) || /^-?0\d/.test(last) ? Math.max(first.length, last.length) : 0
  return Array.from({ length: count }, (_, i) => {
    const n = from + Math.sign(to - from) * by * i
    if (!integers) return alphabet[n] as string
    return n < 0 ? `-${`${-n}`.padStart(width - 1, '0')}` : `${n}`.padStart(width, '0')
  })
}

/** Upper case comes first, as in `braceexpand` of Python. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
