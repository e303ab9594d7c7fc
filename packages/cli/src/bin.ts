#!/usr/bin/env node
import { main } from './main.ts'

const stop = new AbortController()
let interrupts = 0
const interrupt = () => {
  // The first asks politely; the second does not wait for the checkpoint.
  if (++interrupts > 1) process.exit(130)
  process.stderr.write('\nstopping after this step …\n')
  stop.abort(new Error('interrupted'))
}
process.on('SIGINT', interrupt)
process.on('SIGTERM', interrupt)

process.exitCode = await main(process.argv.slice(2), {
  log: (line) => process.stdout.write(`${line}\n`),
  signal: stop.signal,
})
