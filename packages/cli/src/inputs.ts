import { probably, UsageError } from './usage-error.ts'

/** An argument or an option of a command, whose value is a T. */
export interface Input<T> {
  /** What it is, in a line: for help. */
  readonly about: string
  /** How its value is called in help: `FOLDER`. None: it is a flag. */
  readonly value?: string
  /** The values that it may have, if they are few: for completion. */
  readonly choices?: readonly string[]
  readonly required: boolean
  /** Whether it may be given several times. */
  readonly many: boolean
  /** Its default, as help shows it. */
  readonly shownDefault?: string
  /**
   * Its value.
   * @param given what was given; undefined if nothing was.
   * @param where its name, for errors.
   * @throws UsageError if that is not what was expected.
   */
  readonly read: (given: readonly string[] | undefined, where: string) => T
}

/** Arguments or options by name: an option `imageSize` is `--image-size`. */
export type Inputs = Readonly<Record<string, Input<unknown>>>

/** How an option of that name is written: `imageSize` is `--image-size`. */
export const optionName = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** What it may be, in short: its values, its default, whether it is required. */
export const noteOf = ({ choices, shownDefault, required, value }: Input<unknown>): string => {
  const notes = [
    ...(choices ? [choices.join(', ')] : []),
    ...(shownDefault === undefined ? [] : [`default: ${shownDefault}`]),
    ...(required && value !== undefined ? ['required'] : []),
  ]
  return notes.length > 0 ? ` (${notes.join('; ')})` : ''
}

/** The values of inputs by name. */
export type ValuesOf<I extends Inputs> = { readonly [K in keyof I]: I[K] extends Input<infer T> ? T : never }

/** What is common to inputs that have a value. */
interface Settings<T> {
  /** How the value is called in help: `FOLDER`. */
  readonly value?: string
  readonly default?: T
  readonly required?: boolean
}

/** Never undefined if there is a default or if it is required. */
type Given<T, S> = S extends { readonly default: T } | { readonly required: true } ? T : T | undefined

/** An option without a value. */
export const flag = (about: string): Input<boolean> => ({
  about,
  required: false,
  many: false,
  read: (given) => given !== undefined,
})

function valued<T, S extends Settings<T>>(
  about: string,
  settings: S & { readonly value: string; readonly choices?: readonly string[] },
  parse: (text: string, where: string) => T,
): Input<Given<T, S>> {
  const { value, choices, required = false } = settings
  return {
    about,
    value,
    choices,
    required,
    many: false,
    shownDefault: settings.default === undefined ? undefined : String(settings.default),
    read(given, where) {
      if (given === undefined && required)
        throw new UsageError(`${where}: expected ${choices ? listed(choices) : value}, got nothing`)
      return (given === undefined ? settings.default : parse(given.at(-1)!, where)) as Given<T, S>
    },
  }
}

/** Words: a path, a name. An empty one is refused. */
export const text = <const S extends Settings<string> & { readonly value: string }>(about: string, settings: S) =>
  valued<string, S>(about, settings, (text, where) => {
    if (text === '') throw new UsageError(`${where}: expected ${settings.value}, got nothing`)
    return text
  })

/** A whole number. */
export const integer = <const S extends Settings<number> & { readonly from?: number }>(about: string, settings: S) =>
  valued<number, S>(about, { value: 'N', ...settings }, (text, where) => {
    const [number, from] = [numberIn(text), settings.from ?? 0]
    if (!Number.isSafeInteger(number) || number < from)
      throw new UsageError(`${where}: expected a whole number from ${from}, got '${text}'`)
    return number
  })

/** A number. */
export const number = <const S extends Settings<number> & { readonly from?: number }>(about: string, settings: S) =>
  valued<number, S>(about, { value: 'X', ...settings }, (text, where) => {
    const [number, from] = [numberIn(text), settings.from ?? Number.NEGATIVE_INFINITY]
    const range = settings.from === undefined ? '' : ` from ${from}`
    if (!Number.isFinite(number) || number < from)
      throw new UsageError(`${where}: expected a number${range}, got '${text}'`)
    return number
  })

const numberIn = (text: string) => (text.trim() === '' ? Number.NaN : Number(text))

/** One of a few words. */
export const oneOf = <const W extends string, const S extends Settings<W> = Settings<W>>(
  words: readonly W[],
  about: string,
  settings?: S,
) =>
  valued<W, S>(about, { value: 'NAME', ...(settings as S), choices: words }, (text, where) => {
    const word = words.find((word) => word === text)
    if (word === undefined)
      throw new UsageError(`${where}: expected ${listed(words)}, got '${text}'${probably(text, words)}`)
    return word
  })

const listed = (words: readonly string[]) =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

/** An argument that may be repeated, or an option that may be given several times. Without one, no values. */
export const many = <T>(input: Input<T>): Input<readonly NonNullable<T>[]> => ({
  ...input,
  many: true,
  read: (given = [], where) => given.map((text) => input.read([text], where)!),
})
