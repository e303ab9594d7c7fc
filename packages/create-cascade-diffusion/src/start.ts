import { create } from './command.ts'

process.exitCode = await create(process.argv.slice(2), {
  terminal: process.stdin.isTTY === true && process.stdout.isTTY === true,
  log: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
})
