/** What all installations are told. */
export interface InstallOptions {
  /** Ctrl-C: ends the installation, and nothing but partly downloaded files stays, from which the next one goes on. */
  readonly signal: AbortSignal
  /** Where backends and downloads lie; see `cacheFolder` of `@cascade-diffusion/files`. */
  readonly cache?: string
  /** The package index, an address of its simple API; by default the one that pip uses. */
  readonly index?: string
  /** Told in a line what is done. */
  readonly log?: (line: string) => void
  /** Told how many bytes of how many are downloaded or unpacked. */
  readonly progress?: (label: string, done: number, total: number | undefined) => void
}
