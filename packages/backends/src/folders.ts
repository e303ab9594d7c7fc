import { join } from 'node:path'

/** The folder of an installed backend. */
export const backendFolder = (cache: string, name: string): string => join(cache, 'backends', name)

/** The folder of incomplete and packed downloads. */
export const downloadFolder = (cache: string): string => join(cache, 'downloads')
