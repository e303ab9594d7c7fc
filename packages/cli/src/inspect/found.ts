/** What was found at a path. */
export interface Found {
  /** What it is, in words that programs may compare: `training checkpoint`. */
  readonly kind: string
  /** In bytes, with all files of a folder that belong to it. */
  readonly bytes: number
  /** For people, by what they are about. Empty ones are left out. */
  readonly facts: Readonly<Record<string, string | undefined>>
  /** For programs. */
  readonly json: Readonly<Record<string, unknown>>
  /** What can be done with it: what follows `cascade-diffusion`. */
  readonly next: readonly string[]
}

/** What was found, in lines. */
export function linesOf(path: string, { kind, bytes, facts, next }: Found): string[] {
  const given = Object.entries(facts).filter(([, fact]) => fact !== undefined && fact !== '')
  const width = Math.max(0, ...given.map(([name]) => name.length))
  return [
    `${path}: ${kind}, ${shownBytes(bytes)}`,
    ...given.map(([name, fact]) => `  ${name.padEnd(width)}  ${fact}`),
    ...(next.length > 0 ? ['what can be done with it:', ...next.map((call) => `  npx cascade-diffusion ${call}`)] : []),
  ]
}

/** `12.3 MB` */
export function shownBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toPrecision(3)} ${units[power]}`
}

/** `1 stage`, `3 stages` */
export const counted = (n: number, what: string): string => `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`

/** A path as a shell takes it. */
export const quoted = (path: string): string =>
  /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
