export { cacheFolder } from './cache-folder.ts'
export { flush } from './flush.ts'
export { type FileContents, type WritableFile, writeAtomically } from './write-atomically.ts'
export { previousFolder, type WriteFolderOptions, writeFolderAtomically } from './write-folder-atomically.ts'
