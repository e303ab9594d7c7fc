/** The exit code of a run that Ctrl-C ended. */
export const INTERRUPTED = 130

/** What the exit codes of all commands mean. */
export const exitCodes: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'failed; the error is on stderr',
  2: 'called wrongly; how to call it is on stderr',
  129: 'interrupted, as the terminal was closed',
  [INTERRUPTED]: 'interrupted by Ctrl-C',
  143: 'interrupted by SIGTERM',
}
