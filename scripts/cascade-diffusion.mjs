#!/usr/bin/env node
// Runs the command from the sources, without a build.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../packages/cascade-diffusion/src/bin.ts', import.meta.url))
const child = spawn(
  process.execPath,
  ['--conditions=@cascade-diffusion/source', '--import', 'tsx', bin, ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
// Ctrl-C reaches the child by itself; this process only waits for it to save its checkpoint.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
