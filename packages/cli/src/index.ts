export { main, type ProgramIo } from './main.ts'
