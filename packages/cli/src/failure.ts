import { isCascadeError } from '@cascade-diffusion/checks'
import { adviceFor } from './advice.ts'
import { INTERRUPTED } from './exit-codes.ts'
import type { Call } from './program.ts'
import { UsageError } from './usage-error.ts'

/** What is said of a failed run, and its exit code. */
export interface Failure {
  readonly code: number
  readonly message: string
}

/** Explains what a command threw. */
export function failureOf(caught: unknown, { command, usage }: Call, signal: AbortSignal): Failure {
  const message = caught instanceof Error ? caught.message : String(caught)
  if (caught instanceof UsageError) return { code: 2, message: `${message}\n\n${usage}` }
  if (isInterruption(caught, signal)) {
    const said = caught === signal.reason ? 'interrupted' : message
    const kept = command.interrupted ? `. ${command.interrupted}` : ''
    return { code: INTERRUPTED, message: `${said}${kept}` }
  }
  const known = isCascadeError(caught) && caught.code !== 'internal'
  const stack = process.env.CASCADE_DIFFUSION_TRACE ? String((caught as Error).stack) : undefined
  const defect =
    known || stack ? undefined : 'CASCADE_DIFFUSION_TRACE=1 in the environment shows where; please report it.'
  const lines = [`error: ${message}`, adviceFor(caught) ?? defect, stack]
  return { code: 1, message: lines.filter((line) => line !== undefined).join('\n') }
}

/** An error of another kind, such as a full disk while a checkpoint is saved, is none. */
const isInterruption = (caught: unknown, signal: AbortSignal): boolean =>
  isCascadeError(caught, 'interrupted') ||
  (signal.aborted && (caught === signal.reason || (caught as Error | undefined)?.name === 'AbortError'))
