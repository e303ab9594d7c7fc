import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { baseStage, type Cascade, saveCascade, superResolutionStage } from '@cascade-diffusion/cascade'
import { decodeImage } from '@cascade-diffusion/data'
import { writeDiffusers } from '@cascade-diffusion/export'
import { rng } from '@cascade-diffusion/random'
import { pythonOfVenv } from './peers/peer.ts'
import { columns, type Machine, machine, median, type Rows, writeResults } from './results.ts'

/** Steps of DDIM of each stage. */
const steps = 25

/** From the start of a process to its first image, in seconds, by the name of who makes it. */
export interface FirstImage {
  work: string
  contenders: Record<string, number>
}

/** `results/first-image.json`. */
export interface FirstImageResults extends Omit<Machine, 'loadAverage'> {
  peer: Record<string, unknown>
  steps: number
  rounds: number
  works: FirstImage[]
}

const noising = { schedule: { name: 'cosine', steps: 1000 } } as const
const sampling = { sampler: { name: 'ddim' }, steps } as const
const images = { imageChannels: 3, process: noising } as const

/** A U-Net for 64×64 images that diffusers has too: 1.6 million parameters. */
function unet64(): Cascade {
  const stage = baseStage({
    name: 'base',
    resolution: 64,
    ...images,
    network: { baseChannels: 32, channelMultipliers: [1, 2, 2, 2], residualBlocks: 1, attentionResolutions: [8] },
  })
  return { stages: [{ stage, params: stage.network.init(rng(1)), sampling }] }
}

/** A small cascade 16×16 → 64×64, with the networks of the budget `tiny`. */
function cascade64(): Cascade {
  const size = { baseChannels: 32, channelMultipliers: [1, 2, 2], residualBlocks: 1, normGroups: 8 }
  const base = baseStage({ name: 'base', resolution: 16, ...images, network: size })
  const upper = superResolutionStage({
    name: '64x64',
    resolution: 64,
    lowResolution: 16,
    ...images,
    augmentation: { name: 'gaussian-noise', ...noising, maxLevel: 400 },
    network: { ...size, patchSize: 2 },
  })
  return {
    stages: [
      { stage: base, params: base.network.init(rng(1)), sampling },
      { stage: upper, params: upper.network.init(rng(2)), sampling, level: 50 },
    ],
  }
}

/**
 * Starts processes that sample one 64×64 image, in turns, by medians: `cascade-diffusion sample` as it is built, and a
 * pipeline of diffusers with the same network and weights. Prints the time from the start of the process to its end,
 * when the image is written, and writes `results/first-image.json`.
 */
export async function benchFirstImage({ rounds }: { rounds: number }): Promise<void> {
  const bin = fileURLToPath(new URL('../packages/cascade-diffusion/dist/bin.js', import.meta.url))
  if (!existsSync(bin)) throw new Error(`no ${bin}: run \`npx -y pnpm@10 build\` first`)
  const folder = await mkdtemp(join(tmpdir(), 'first-image-'))
  try {
    const unet = unet64()
    await saveCascade(join(folder, 'unet-64'), unet)
    await saveCascade(join(folder, 'cascade-16-64'), cascade64())
    await writeDiffusers(unet.stages[0] as Parameters<typeof writeDiffusers>[0], join(folder, 'diffusers'))
    let made = 0
    const ours = async (work: string) => {
      const out = join(folder, `ours-${made++}`)
      const { seconds } = await timed(process.execPath, [
        bin,
        'sample',
        join(folder, work),
        '--count',
        '1',
        '--out',
        out,
      ])
      await check(join(out, '000000.png'))
      return seconds
    }
    let peer: Record<string, unknown> = {}
    const theirs = async () => {
      const out = join(folder, `theirs-${made++}.png`)
      const script = fileURLToPath(new URL('peers/first_image.py', import.meta.url))
      const { seconds, text } = await timed(pythonOfVenv(), [script, join(folder, 'diffusers'), `${steps}`, out])
      peer = JSON.parse(text)
      await check(out)
      return seconds
    }
    const contenders: Record<string, () => Promise<number>> = {
      'unet-64 ours': () => ours('unet-64'),
      'unet-64 diffusers': theirs,
      'cascade-16-64 ours': () => ours('cascade-16-64'),
    }
    const times: Record<string, number[]> = {}
    // Once uncounted: the first time files come from the disk.
    for (const run of Object.values(contenders)) await run()
    for (let round = 0; round < rounds; round++)
      for (const [name, run] of Object.entries(contenders)) times[name] = [...(times[name] ?? []), await run()]
    const middle = (name: string) => Number(median(times[name] ?? []).toFixed(3))
    const works: FirstImage[] = [
      { work: 'unet-64', contenders: { ours: middle('unet-64 ours'), diffusers: middle('unet-64 diffusers') } },
      { work: 'cascade-16-64', contenders: { ours: middle('cascade-16-64 ours') } },
    ]
    console.log(columns(firstImageRows(works)))
    const { date, loadAverage, ...about } = machine()
    const results: FirstImageResults = { date, ...about, peer, steps, rounds, works }
    console.log(`\nwritten to ${writeResults('first-image', results)}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A line for each workload. */
export const firstImageRows = (works: readonly FirstImage[]): Rows => [
  ['work', 'ours', 'diffusers', 'diffusers / ours'],
  ...works.map(({ work, contenders: { ours = Number.NaN, diffusers } }) => [
    work,
    `${ours.toFixed(2)} s`,
    diffusers === undefined ? '' : `${diffusers.toFixed(2)} s`,
    diffusers === undefined ? '' : `${(diffusers / ours).toFixed(2)}×`,
  ]),
]

/** Runs a process to its end. */
async function timed(command: string, args: readonly string[]): Promise<{ seconds: number; text: string }> {
  const start = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, errors]: [string[], string[]] = [[], []]
  child.stdout.on('data', (data) => out.push(String(data)))
  child.stderr.on('data', (data) => errors.push(String(data)))
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${code}:\n${errors.join('')}`)
  return { seconds: (performance.now() - start) / 1000, text: out.join('') }
}

/** @throws unless a picture of 64×64 was made. */
async function check(path: string): Promise<void> {
  const { shape } = await decodeImage(await readFile(path))
  if (String(shape) !== '64,64,3') throw new Error(`${path}: expected 64×64×3, got ${shape.join('×')}`)
}
