#!/usr/bin/env node
import { main } from '@cascade-diffusion/cli'

const stop = new AbortController()
let interrupts = 0
const interrupt = () => {
  // The first waits for the checkpoint; the second does not.
  if (++interrupts > 1) process.exit(130)
  process.stderr.write('\nstopping after this step …\n')
  stop.abort(new Error('interrupted'))
}
process.on('SIGINT', interrupt)
process.on('SIGTERM', interrupt)

// The reader has gone (`| head`): the run stops as after Ctrl-C, without a message.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: Error & { code?: string }) => {
    if (error.code !== 'EPIPE') throw error
    stop.abort(new Error('interrupted'))
  })

process.exitCode = await main(process.argv.slice(2), {
  log: (line) => process.stdout.write(`${line}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
  signal: stop.signal,
})
