// Checks what would be published: the layering, each packed package with publint and attw, and a dry run of the publication.
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { layeringErrors, readManifests } from './layers.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs a command in the workspace root; gives what it printed, and whether it ended well. */
const run = (command: string, ...args: string[]): Promise<{ ok: boolean; output: string }> =>
  new Promise((resolve) => {
    execFile(command, args, { cwd: root, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ ok: !error, output: `${stdout}${stderr}` }),
    )
  })

let failures = 0
function report(what: string, ok: boolean, output: string): void {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}`)
  if (ok) return
  failures++
  console.log(output)
}

const errors = layeringErrors(readManifests(root))
report('layering', errors.length === 0, errors.join('\n'))

const folder = await mkdtemp(join(tmpdir(), 'cascade-diffusion-packed-'))
try {
  const packed = await run('pnpm', '-r', '--filter=./packages/*', 'pack', '--pack-destination', folder)
  report('pack', packed.ok, packed.output)
  for (const name of (await readdir(folder)).sort()) {
    const tarball = join(folder, name)
    const [publint, attw] = await Promise.all([
      run('publint', '--strict', tarball),
      run('attw', '--profile', 'esm-only', '--no-emoji', tarball),
    ])
    report(`publint ${name}`, publint.ok, publint.output)
    report(`attw ${name}`, attw.ok, attw.output)
  }
} finally {
  await rm(folder, { recursive: true })
}

const publish = await run('pnpm', '-r', 'publish', '--dry-run', '--no-git-checks')
const complaints = publish.output.split('\n').filter((line) => /\b(WARN|ERR)/.test(line))
report('publish --dry-run', publish.ok && complaints.length === 0, publish.output)

if (failures > 0) process.exitCode = 1
