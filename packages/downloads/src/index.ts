export { type CachedFile, type CachedFileOptions, cachedFile, cachedFileIfAny } from './cached-file.ts'
export { type Downloaded, type DownloadOptions, type DownloadProgress, download } from './download.ts'
export { HttpError, request } from './http.ts'
