export { type Command, main } from './main.ts'
