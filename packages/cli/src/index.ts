export type { CommandIo } from './commands.ts'
export { main } from './main.ts'
