export { greatestDifference } from './greatest-difference.ts'
export { temporaryFolder } from './temporary-folder.ts'
