import { isLive, type ProgressStream } from './progress-line.ts'

/** `downloading  120/274 MB  43 %`, with a bar of `bar` characters before the figures. */
export function formatBytes(label: string, done: number, total: number | undefined, bar = 0): string {
  const mega = (n: number) => Math.floor(n / 1e6).toLocaleString('en-US')
  if (total === undefined) return `${label}  ${mega(done)} MB`
  const share = Math.min(1, done / Math.max(1, total))
  const filled = Math.floor(bar * share)
  const drawn = bar > 0 ? `${'█'.repeat(filled)}${'░'.repeat(bar - filled)}  ` : ''
  return `${label}  ${drawn}${mega(done)}/${mega(total)} MB  ${Math.floor(100 * share)} %`
}

/**
 * Shows how many bytes are done. A terminal gets one line, rewritten in place, which ends when the total is reached. Other
 * streams get a line for every quarter.
 */
export function byteProgress(
  stream: ProgressStream = process.stderr,
  live = isLive(stream),
): (label: string, done: number, total: number | undefined) => void {
  let written = ''
  let last = ''
  return (label, done, total) => {
    const line = formatBytes(label, done, total, live && (stream.columns ?? 0) >= 80 ? 24 : 0)
    const part = live ? line : `${label} ${total === undefined ? '' : Math.floor((4 * done) / Math.max(1, total))}`
    const complete = done === total
    if (part === last && !(live && complete && written !== '')) return
    last = part
    if (!live) return void stream.write(`${line}\n`)
    written = complete ? '' : line
    stream.write(`\r\x1b[2K${line}${complete ? '\n' : ''}`)
  }
}
