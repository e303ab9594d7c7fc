// Samples of a cascade written to files: killed at random moments, and the memory of many of them (Linux).
// node --conditions=@cascade-diffusion/source --import=tsx benchmarks/cascade-samples.ts kills|memory [count]
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { baseStage, cascadeSampler, superResolutionStage, writeSamples } from '@cascade-diffusion/cascade'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { machine, writeResults } from './results.ts'

/** Images of a run, unless the command says another number. */
const many = 10_000
const formats = ['images', 'samples.npz']

/** Writes samples of two U-Nets, 8×8 → 16×16 in colour, with random weights. Says each batch, at the end its peak memory. */
async function write(path: string, count: number): Promise<void> {
  const process1000 = { schedule: { name: 'cosine', steps: 1000 } } as const
  const common = {
    imageChannels: 3,
    classNames: Array.from({ length: 10 }, (_, i) => `${i}`),
    process: process1000,
    network: { baseChannels: 16, channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 8 },
  }
  const stages = [
    baseStage({ name: 'base', resolution: 8, ...common }),
    superResolutionStage({
      name: 'super-resolution',
      resolution: 16,
      lowResolution: 8,
      augmentation: { name: 'gaussian-noise', ...process1000, maxLevel: 400 },
      ...common,
    }),
  ]
  const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: { count: 2, from: 979, to: 400 } } as const
  const sampler = cascadeSampler(
    { stages: stages.map((stage, i) => ({ stage, params: stage.network.init(rng(i)), sampling })) },
    { compile: jit },
  )
  const { sampled } = await writeSamples(sampler, {
    path,
    count,
    stages: 'all',
    labels: 'uniform',
    levels: [50],
    rng: rng(7),
    batchSize: 50,
    progress: ({ stage, done }) => stage === 'base' && process.stdout.write(`${done}\n`),
  })
  await sampler.dispose()
  process.stdout.write(`${JSON.stringify({ sampled, peakMiB: process.resourceUsage().maxRSS / 1024 })}\n`)
}

/** Runs `write` in a process; after some milliseconds of sampling it is killed. Returns its last line. */
async function inChild(path: string, count: number, killAfter?: number): Promise<string> {
  const flags = ['--conditions=@cascade-diffusion/source', '--import=tsx']
  const args = [...flags, fileURLToPath(import.meta.url), 'write', path, `${count}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (text) => {
    said = `${said}${text}`.slice(-200)
  })
  const exit = once(child, 'exit')
  if (killAfter !== undefined) {
    await once(child.stdout, 'data')
    setTimeout(() => child.kill('SIGKILL'), killAfter)
  }
  const [code, signal] = await exit
  if (killAfter === undefined ? code !== 0 : signal !== 'SIGKILL')
    throw new Error(`the process ended: ${code} ${signal}`)
  return said.trim().split('\n').at(-1) as string
}

/** The digests of all files below a folder, by name. */
const digests = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  )

async function kills(count: number): Promise<void> {
  const [whole, killed] = [mkdtempSync(join(tmpdir(), 'whole-')), mkdtempSync(join(tmpdir(), 'killed-'))]
  try {
    for (const format of formats) {
      const start = performance.now()
      console.log(format, await inChild(join(whole, format), count))
      const ms = performance.now() - start
      for (let kill = 0; kill < 3; kill++) {
        const after = Math.round(Math.random() * 0.25 * ms)
        console.log(`  killed after ${after} ms, at`, await inChild(join(killed, format), count, after))
      }
      console.log(`  resumed`, await inChild(join(killed, format), count))
      console.log(`  again`, await inChild(join(killed, format), count))
    }
    const [a, b] = [digests(whole), digests(killed)]
    const others = [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name))
    console.log(`${a.size} files, of which ${others.length} differ: ${others.slice(0, 5).join(', ')}`)
    if (others.length > 0) process.exitCode = 1
  } finally {
    for (const folder of [whole, killed]) rmSync(folder, { recursive: true })
  }
}

async function memory(count: number): Promise<void> {
  const results: { format: string; count: number; peakMiB: number }[] = []
  for (const format of formats)
    for (const n of [count / 10, count]) {
      const folder = mkdtempSync(join(tmpdir(), 'memory-'))
      const { peakMiB } = JSON.parse(await inChild(join(folder, format), n)) as { peakMiB: number }
      results.push({ format: format.endsWith('.npz') ? 'npz' : 'folder', count: n, peakMiB: Math.round(peakMiB) })
      rmSync(folder, { recursive: true })
    }
  console.table(results)
  if (count === many) console.log(writeResults('cascade-samples', { machine: machine(), results }))
}

const [what, ...args] = process.argv.slice(2)
if (what === 'write') await write(args[0] as string, Number(args[1]))
else if (what === 'kills') await kills(Number(args[0] ?? many))
else if (what === 'memory') await memory(Number(args[0] ?? many))
else throw new Error('cascade-samples: expected kills or memory')
