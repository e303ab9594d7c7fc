export { cacheFolder } from './cache-folder.ts'
export { claimFile, claimFolder } from './claim-folder.ts'
export { exchangeFolder } from './exchange-folder.ts'
export { flush } from './flush.ts'
export { isRunning } from './is-running.ts'
export { previousFolder } from './previous-folder.ts'
export {
  type FileContents,
  fileError,
  syncFolder,
  type WritableFile,
  writeAtomically,
  writeFilesAtomically,
} from './write-atomically.ts'
export { type WriteFolderOptions, writeFolderAtomically } from './write-folder-atomically.ts'
