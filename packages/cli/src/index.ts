export { main, type ProgramIo } from './main.ts'
export type { ProgressStream } from './progress/progress-line.ts'
