// What browsers get in place of index.ts: reading of safetensors from URLs, bytes and Blobs. Other formats need zlib, which
// browsers do not have; nothing is written.

export { type RawArray, type RawData, type StoredType, toNDArray } from './arrays/elements.ts'
export { readJson } from './json/read-json.ts'
export { type ReadSafetensorsOptions, readSafetensors, type Safetensors } from './safetensors/safetensors-read.ts'
export type { ByteSource } from './sources/byte-source.ts'
export { fileIn } from './sources/file-in.ts'
export type { Readable } from './sources/open-source.ts'
export { readText } from './sources/read-text.ts'
export { shownPlace } from './sources/url-of.ts'
export { strangerIn } from './strangers.ts'
