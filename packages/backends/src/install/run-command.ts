import { spawn } from 'node:child_process'
import { CascadeError } from '@cascade-diffusion/checks'

export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/**
 * Runs a program without a terminal. Returns its standard output.
 * @throws with the end of its output if it fails or cannot be started.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, signal }: RunOptions,
): Promise<string> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, signal, stdio: ['ignore', 'pipe', 'pipe'] })
    let [output, all] = ['', '']
    const keep = (chunk: Buffer) => {
      all = (all + chunk).slice(-20_000)
    }
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
      keep(chunk)
    })
    child.stderr.on('data', keep)
    child.on('error', (error) => {
      if (!signal.aborted)
        reject(new CascadeError('engine', `${command} cannot be started: ${error.message}`, { cause: error }))
    })
    // Only after it has ended: until then it writes to the folder, which the caller may remove.
    child.on('close', (code, killedBy) => {
      if (signal.aborted) reject(signal.reason)
      else if (code === 0) resolve(output)
      else
        reject(
          new CascadeError(
            'engine',
            `${command} ${args.join(' ')} failed (${killedBy ?? `exit code ${code}`}):\n${lastLines(all)}`,
          ),
        )
    })
  })
}

const lastLines = (output: string) => output.trim().split('\n').slice(-25).join('\n')
