// What browsers get in place of index.ts: all that needs no files. Configurations are for the command.

export { loadCascade } from './browser/load-cascade.ts'
export * from './everywhere.ts'
