import { main } from './main.ts'

/** The command in this process: its exit code, and what it prints on stdout and on stderr. */
export async function run(...args: string[]): Promise<{ code: number; text: string; errors: string }> {
  const [lines, errors]: [string[], string[]] = [[], []]
  const code = await main(args, {
    log: (line) => lines.push(line),
    error: (line) => errors.push(line),
    progress: { write: () => {} },
    signal: new AbortController().signal,
  })
  return { code, text: lines.join('\n'), errors: errors.join('\n') }
}
