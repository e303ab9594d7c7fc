export type { CommandIo } from './command.ts'
export { main } from './main.ts'
