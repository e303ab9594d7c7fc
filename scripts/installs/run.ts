import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** A command with its arguments. */
export type CommandLine = readonly [string, ...string[]]

/** Settings of the process that started this one, which its children would take for theirs. */
const inherited = /^(npm_|pnpm_|node_options$|node_path$|node_env$|init_cwd$|vitest|onnxruntime_node_install)/i

/** Runs a command as if from a fresh terminal. @returns what it printed on stdout. @throws with all that it printed, if it fails. */
export function run([command, ...args]: CommandLine, { cwd, env }: RunOptions): Promise<string> {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)))
  const child = spawn(command, args, { cwd, env: { ...own, CI: '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, all]: [string[], string[]] = [[], []]
  child.stdout.on('data', (data) => {
    out.push(String(data))
    all.push(String(data))
  })
  child.stderr.on('data', (data) => all.push(String(data)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) return resolve(out.join(''))
      reject(new Error(`${[command, ...args].join(' ')} in ${cwd} ended with ${code}:\n${all.join('').slice(-6000)}`))
    })
  })
}
