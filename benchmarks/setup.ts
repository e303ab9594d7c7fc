// Makes benchmarks/.venv with the Python packages of requirements.txt. Running it again only installs what is missing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { venvPython } from './peers/peer.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

function run(command: string, ...args: string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: here, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${status}`)
}

/** The first Python that is new enough. */
function findPython(): string {
  const script = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'
  const found = ['python3', 'python'].find((name) => spawnSync(name, ['-c', script], { stdio: 'ignore' }).status === 0)
  if (found) return found
  throw new Error(
    'bench:setup needs python3, version 3.10 or later, with the modules venv and ensurepip (Debian: apt install python3-venv)',
  )
}

try {
  if (!existsSync(venvPython)) run(findPython(), '-m', 'venv', '.venv')
  run(venvPython, '-m', 'pip', 'install', '--disable-pip-version-check', '-r', 'requirements.txt')
  run(venvPython, '-c', 'import torch; print(f"PyTorch {torch.__version__} is ready in benchmarks/.venv")')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
