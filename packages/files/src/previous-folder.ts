/** Where `writeFolderAtomically` keeps what was in a folder, given by its absolute path, while the new one takes its place. */
export const previousFolder = (folder: string): string => `${folder}.previous`
