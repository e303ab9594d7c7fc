import type { Inputs, ValuesOf } from './inputs.ts'
import type { ProgressStream } from './progress/progress-line.ts'

/** What a command needs of the process. */
export interface CommandIo {
  /** Says what happens on the way, in a line; on stderr with `--json`, nowhere with `--quiet`. */
  readonly say: (line: string) => void
  /** Where progress is shown: stderr; nowhere with `--quiet`. */
  readonly progress: ProgressStream
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal
}

/** Something that a command wrote. */
export interface Written {
  /** What it is: `report`. */
  readonly what: string
  readonly path: string
}

/** What a command found or made. */
export interface CommandResult {
  /** For people, in lines. */
  readonly lines?: readonly string[]
  /** The same for programs: `--json` prints it. A record, if something was written. */
  readonly json: unknown
  /** What was written where. It is printed last, and is the field `written` for programs. */
  readonly written?: readonly Written[]
  /** The exit code. Default 0. */
  readonly code?: 0 | 1
}

/** A field of a configuration, set from the command line: `['stages.0.training.steps', '1000']`. */
export type Override = readonly [path: string, value: string]

/** A call of the program, with what it does. */
export interface Example {
  /** What follows `cascade-diffusion`. */
  readonly call: string
  readonly does: string
}

/** What a command says of itself, but for its inputs and what runs. */
interface Described {
  readonly name: string
  /** A line for the list of commands. */
  readonly summary: string
  /** Paragraphs for its help. */
  readonly about?: string
  /** Whether it takes the fields of a configuration as options: `--stages.0.training.steps 1000`. */
  readonly configuration?: boolean
  readonly examples?: readonly Example[]
  /** What the exit codes mean here, if not what they always mean. */
  readonly exitCodes?: Readonly<Partial<Record<0 | 1, string>>>
  /** What is kept when it is interrupted, and how to resume. It is printed then. */
  readonly interrupted?: string
}

/** The values of a command's arguments and options by name, and the fields of a configuration that were set. */
export type Values<A extends Inputs, O extends Inputs> = ValuesOf<A> &
  ValuesOf<O> & { readonly overrides: readonly Override[] }

/** A module that runs a command. */
interface Runner<V> {
  /** @throws UsageError for values that do not go together. */
  readonly run: (values: V, io: CommandIo) => Promise<CommandResult>
}

/** One command of the program. */
export interface Command extends Described {
  /** By name, in their order. */
  readonly arguments: Inputs
  /** By name: `imageSize` is `--image-size`. All commands have `--json`, `--quiet` and `--help` too. */
  readonly options: Inputs
  readonly load: () => Promise<Runner<never>>
}

/** Several commands below a name: `data inspect`, `data prepare`. */
export interface CommandGroup extends Pick<Described, 'name' | 'summary' | 'about'> {
  readonly commands: readonly Command[]
}

/**
 * Describes a command. Nothing that its run needs may be imported by the file that describes it: help must be quick, and
 * must not depend on an engine.
 */
export const command = <A extends Inputs = Record<never, never>, O extends Inputs = Record<never, never>>({
  run,
  arguments: positional,
  options,
  ...described
}: Described & {
  readonly arguments?: A
  readonly options?: O
  /** The module that runs it: `() => import('./run.ts')`. */
  readonly run: () => Promise<Runner<Values<A, O>>>
}): Command => ({ ...described, arguments: positional ?? {}, options: options ?? {}, load: run })
