import { isCascadeError } from '@cascade-diffusion/checks'
import { adviceFor } from './advice.ts'
import { INTERRUPTED } from './exit-codes.ts'
import type { Call } from './program.ts'
import { UsageError } from './usage-error.ts'

/** What is said of a failed run, and its exit code. */
export interface Failure {
  readonly code: number
  /** Of what kind it is, for programs: the code of a `CascadeError`, `usage`, `system`, or `internal` for a defect. */
  readonly kind: string
  readonly message: string
}

/** Explains what a command threw. */
export function failureOf(caught: unknown, { command, usage }: Call, signal: AbortSignal): Failure {
  const message = caught instanceof Error ? caught.message : String(caught)
  if (caught instanceof UsageError) return { code: 2, kind: 'usage', message: `${message}\n\n${usage}` }
  if (isInterruption(caught, signal)) {
    const said = caught === signal.reason ? 'interrupted' : message
    const kept = command.interrupted ? `. ${command.interrupted}` : ''
    return { code: INTERRUPTED, kind: 'interrupted', message: `${said}${kept}` }
  }
  const known = isCascadeError(caught) && caught.code !== 'internal'
  const stack = process.env.CASCADE_DIFFUSION_TRACE ? String((caught as Error).stack) : undefined
  const defect =
    known || stack ? undefined : 'CASCADE_DIFFUSION_TRACE=1 in the environment shows where; please report it.'
  const lines = [`error: ${message}`, adviceFor(caught) ?? defect, stack]
  return { code: 1, kind: kindOf(caught), message: lines.filter((line) => line !== undefined).join('\n') }
}

/** What a program gets of a failure on stdout, with `--json`. */
export const failureJson = (kind: string, message: string): string =>
  JSON.stringify({ error: { code: kind, message } }, null, 2)

function kindOf(caught: unknown): string {
  if (isCascadeError(caught)) return caught.code
  return typeof (caught as { code?: unknown } | undefined)?.code === 'string' ? 'system' : 'internal'
}

/** An error of another kind, such as a full disk while a checkpoint is saved, is none. */
const isInterruption = (caught: unknown, signal: AbortSignal): boolean =>
  isCascadeError(caught, 'interrupted') ||
  (signal.aborted && (caught === signal.reason || (caught as Error | undefined)?.name === 'AbortError'))
