export { CascadeError, type ErrorCode, isCascadeError, throwIfAborted } from './cascade-error.ts'
export { checkFlag, checkFunction, checkInteger, checkNumber, checkSignal, type NumberRange } from './check-value.ts'
export { type Form, formOf, type JsonSchema, type Schema } from './config/form.ts'
export { type ConfigIssue, configIssues, type ParseConfigOptions, parseConfig } from './config/parse.ts'
export * as schema from './config/schema.ts'
export {
  type AnyEntry,
  type ConfigOf,
  type Entry,
  type EntryConfig,
  type EntryContext,
  type EntryValue,
  type Named,
  type Table,
  table,
} from './config/table.ts'
export { nearest } from './nearest.ts'
export { checkOneOf } from './one-of.ts'
export { checkOptions, type KnownKeys } from './options.ts'
export { shown, shownPair } from './shown.ts'
