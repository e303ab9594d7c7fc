import { CascadeError, shown } from '@cascade-diffusion/checks'

/**
 * Flags of OpenAI's training and sampling scripts: as they are written in a shell, `--image_size 64 --class_cond True`, or by
 * name.
 */
export type OpenAiFlags = string | Readonly<Record<string, string | number | boolean>>

/** Reads flags, and knows those that nobody has read. */
export class FlagReader {
  private readonly values: Map<string, string>
  private readonly unread: Set<string>

  constructor(
    private readonly name: string,
    flags: OpenAiFlags,
  ) {
    if (typeof flags !== 'string' && (typeof flags !== 'object' || flags === null || Array.isArray(flags)))
      throw new CascadeError('input', `${name}: expected flags as text or by name, got ${shown(flags)}`)
    const entries = typeof flags === 'string' ? parse(name, flags) : Object.entries(flags)
    this.values = new Map(entries.map(([key, value]) => [key, String(value)]))
    this.unread = new Set(this.values.keys())
  }

  /** Whether a flag is given. */
  has(flag: string): boolean {
    return this.values.has(flag)
  }

  /** The flags that are given and were not read so far. */
  rest(): Record<string, string> {
    return Object.fromEntries([...this.unread].map((flag) => [flag, this.values.get(flag)!]))
  }

  /** The value as it is written; undefined if the flag is not given. */
  text(flag: string): string | undefined {
    this.unread.delete(flag)
    return this.values.get(flag)
  }

  /** A number. @throws if it is something else, as all of these do, naming the flag. */
  number(flag: string, otherwise: number): number {
    const text = this.text(flag) ?? String(otherwise)
    const value = Number(text)
    if (text === '' || !Number.isFinite(value)) throw this.wrong(flag, 'a number', text)
    return value
  }

  /** An integer, which may be -1 for none. */
  count(flag: string, otherwise: number): number {
    const value = this.number(flag, otherwise)
    if (!(Number.isInteger(value) && (value > 0 || value === -1))) throw this.wrong(flag, 'a positive integer', value)
    return value
  }

  /** True or False, in any of the words that Python's scripts take for them. */
  flag(flag: string, otherwise: boolean): boolean {
    const text = (this.text(flag) ?? String(otherwise)).toLowerCase()
    if (['true', 'yes', 't', 'y', '1'].includes(text)) return true
    if (['false', 'no', 'f', 'n', '0'].includes(text)) return false
    throw this.wrong(flag, 'True or False', text)
  }

  /** One of a few words, by default the first. */
  choice<Word extends string>(flag: string, words: readonly [Word, ...Word[]]): Word {
    const text = this.text(flag) ?? words[0]
    const word = words.find((known) => known === text)
    if (word === undefined) throw this.wrong(flag, `one of ${words.join(', ')}`, text)
    return word
  }

  /** Numbers between commas; none if there is nothing. */
  numbers(flag: string, otherwise: string): number[] | undefined {
    const text = this.text(flag) ?? otherwise
    if (text === '') return undefined
    const values = text.split(',').map(Number)
    if (!values.every((value) => value > 0)) throw this.wrong(flag, 'positive numbers between commas', text)
    return values
  }

  private wrong(flag: string, expected: string, got: unknown): Error {
    return new CascadeError('input', `${this.name}: --${flag}: expected ${expected}, got ${got}`)
  }
}

/** `--name value` or `--name=value`, in any number. */
function parse(name: string, text: string): [string, string][] {
  const words = text.trim().split(/\s+/).filter(Boolean)
  const entries: [string, string][] = []
  for (let i = 0; i < words.length; i++) {
    const [, flag, given] = /^--([a-z_0-9]+)(?:=(.*))?$/.exec(words[i]!) ?? []
    if (!flag) throw new CascadeError('input', `${name}: expected --flag value, got '${words[i]}'`)
    const value = given ?? words[++i]
    if (value === undefined || value.startsWith('--'))
      throw new CascadeError('input', `${name}: --${flag}: expected a value, got none`)
    entries.push([flag, value.replace(/^(["'])(.*)\1$/, '$2')])
  }
  return entries
}
