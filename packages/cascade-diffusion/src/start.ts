import { main } from '@cascade-diffusion/cli'

/** Signals that ask to stop, and the exit codes that say so. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const stop = new AbortController()
let stoppedBy: keyof typeof signals | undefined
const interrupt = (signal: keyof typeof signals) => {
  // The first waits for the checkpoint; the second does not.
  if (stoppedBy) process.exit(signals[signal])
  stoppedBy = signal
  const again = signal === 'SIGINT' ? '; Ctrl-C again stops at once' : ''
  process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}stopping after this step${again}\n`)
  stop.abort(new Error('interrupted'))
}
for (const signal of Object.keys(signals) as (keyof typeof signals)[]) process.on(signal, interrupt)

// The reader or the terminal has gone (`| head`): the run stops as after Ctrl-C, without a message.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: Error & { code?: string }) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    stop.abort(new Error('interrupted'))
  })

const { stdout } = process
const code = await main(process.argv.slice(2), {
  log: (line) => stdout.write(`${line}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
  signal: stop.signal,
  width: stdout.columns,
  colors: stdout.isTTY && stdout.hasColors(),
})
process.exitCode = stoppedBy && code === 130 ? signals[stoppedBy] : code
