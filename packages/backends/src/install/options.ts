/** Options of all installations. */
export interface InstallOptions {
  /** Ends the installation. Only incomplete downloads stay, from which the next installation resumes. */
  readonly signal: AbortSignal
  /** The folder of backends and downloads; see `cacheFolder` of `@cascade-diffusion/files`. */
  readonly cache?: string
  /** The package index, as the address of its simple API. Default: that of pip. */
  readonly index?: string
  /** Called with a line about each step. */
  readonly log?: (line: string) => void
  /** Called with the bytes downloaded or unpacked so far, and their total. */
  readonly progress?: (label: string, done: number, total: number | undefined) => void
}
