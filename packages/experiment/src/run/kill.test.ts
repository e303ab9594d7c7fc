import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'

const child = fileURLToPath(new URL('run-child.ts', import.meta.url))

/** Runs the plan in a folder, in a process of its own, which is killed once it says something. */
async function run(out: string, killAt?: string): Promise<void> {
  const options = ['--conditions=@cascade-diffusion/source', `--import=${import.meta.resolve('tsx')}`]
  const running = spawn(process.execPath, [...options, child, out], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  running.stdout.on('data', (text: Buffer) => {
    said += text.toString()
    if (killAt !== undefined && said.includes(killAt)) running.kill('SIGKILL')
  })
  const [code, signal] = await once(running, 'close')
  expect([code, signal]).toEqual(killAt === undefined ? [0, null] : [null, 'SIGKILL'])
}

/** What every file of a run holds, by its path: its hash, without what a clock says. */
export function contents(out: string): Record<string, string> {
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map(({ parentPath, name }) => relative(out, join(parentPath, name)))
  return Object.fromEntries(
    paths.toSorted().flatMap((path) => {
      if (path.startsWith('tensorboard')) return []
      const bytes = readFileSync(join(out, path))
      return [[path, createHash('sha256').update(timeless(path, bytes)).digest('hex')]]
    }),
  )
}

function timeless(path: string, bytes: Buffer): Buffer | string {
  if (path === 'metrics.json') {
    const { seconds, peakMemoryBytes, ...rest } = JSON.parse(bytes.toString())
    return JSON.stringify(rest)
  }
  if (path !== 'report.html') return bytes
  return bytes.toString().replace(/<div><dt>time<\/dt>.*?<\/div>/s, '')
}

test('killed at any moment, the same call ends in the same bytes', async () => {
  const [whole, killed] = [join(temporaryFolder(), 'run'), join(temporaryFolder(), 'run')]
  await run(whole)
  for (const moment of ['training base 5', 'training super-resolution 7', 'sampling', 'process.png']) {
    await run(killed, moment)
    expect(existsSync(join(killed, 'metrics.json'))).toBe(false)
  }
  await run(killed)
  const files = contents(whole)
  expect(contents(killed)).toEqual(files)
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining(['config.json', 'metrics.jsonl', 'samples/base/000006.png', 'cascade/cascade.json']),
  )
})
