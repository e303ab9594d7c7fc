import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A long-lived Python process that answers commands, one JSON line each. */
export interface Peer {
  /** What it said of itself when it started: versions and threads. */
  readonly about: Record<string, unknown>
  /** @throws with Python's traceback if the command failed, or if the process ended. */
  ask<Answer>(command: { do: string; [argument: string]: unknown }): Promise<Answer>
  close(): void
}

/** The Python of `bench:setup`. */
export const venvPython = fileURLToPath(new URL(`../.venv/${pythonInVenv()}`, import.meta.url))

function pythonInVenv(): string {
  return process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python'
}

/** The same. @throws if `bench:setup` has not been run. */
export function pythonOfVenv(): string {
  if (!existsSync(venvPython)) throw new Error(`no ${venvPython}: run \`npx -y pnpm@10 bench:setup\` first`)
  return venvPython
}

/** Starts `peers/<script>` with its arguments. @throws if `bench:setup` has not been run. */
export async function startPeer(script: string, ...args: string[]): Promise<Peer> {
  const child = spawn(pythonOfVenv(), [fileURLToPath(new URL(script, import.meta.url)), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<never>((_, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => reject(new Error(`${script} ended with ${signal ?? `code ${code}`}`)))
  })
  ended.catch(() => {}) // the caller that waits for an answer gets it
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await Promise.race([lines.next(), ended])
    if (done) return ended
    const { error, ...rest } = JSON.parse(value)
    if (error !== undefined) throw new Error(`${script}: ${error}`)
    return rest
  }
  return {
    about: await answer(),
    ask(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`)
      return answer()
    },
    close: () => child.stdin.end(),
  }
}
