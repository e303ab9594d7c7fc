import * as v from 'valibot'
import { CascadeError, type ErrorCode } from '../cascade-error.ts'
import type { Schema } from './form.ts'

/** One error in a configuration. */
export interface ConfigIssue {
  /** The path: `process.schedule.betas[2]`; empty for the whole. */
  readonly path: string
  /** What was expected there, and the value. */
  readonly message: string
}

/** Options of {@link parseConfig}. */
export interface ParseConfigOptions {
  /** The code of the error: `checkpoint` for configurations from files. Default `input`. */
  readonly code?: ErrorCode
}

/**
 * Validates a configuration from JSON or from users. Returns a copy without undefined properties.
 * @param where the function that validates: `stage 'base'`.
 * @throws one CascadeError that lists all errors with their paths. Its `cause` is the list of {@link ConfigIssue}.
 */
export function parseConfig<T>(
  where: string,
  schema: Schema<T>,
  config: unknown,
  { code = 'input' }: ParseConfigOptions = {},
): T {
  const result = v.safeParse(schema, config)
  if (result.success) return result.output as T
  const issues = issuesOf(result)
  throw new CascadeError(code, `${where}: ${inWords(issues)}`, { cause: issues })
}

/** All errors in a configuration. */
export const configIssues = (schema: Schema<unknown>, config: unknown): readonly ConfigIssue[] =>
  issuesOf(v.safeParse(schema, config))

const issuesOf = ({ issues = [] }: { readonly issues?: readonly v.BaseIssue<unknown>[] }): ConfigIssue[] =>
  issues.map(({ path, message }) => ({ path: pathOf(path), message }))

function pathOf(path: readonly { readonly key: unknown }[] = []): string {
  return path.map(({ key }, i) => (typeof key === 'number' ? `[${key}]` : i > 0 ? `.${key}` : `${key}`)).join('')
}

function inWords(issues: readonly ConfigIssue[]): string {
  const lines = issues.map(placed)
  return lines.length === 1 ? lines[0]! : `${lines.length} errors:\n${lines.map((line) => `- ${line}`).join('\n')}`
}

/** `expected steps, an integer, got 'ten'`; an unknown option has its whole path. */
function placed({ path, message }: ConfigIssue): string {
  if (message.startsWith('unknown option ')) return message.replace(/'[^']*'/, () => `'${path}'`)
  return path === '' ? message : message.replace(/^expected /, () => `expected ${path}, `)
}
