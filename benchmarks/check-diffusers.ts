// Networks of diffusers' UNet2DModel saved in Python and loaded here, and the reverse: same outputs. Runs the programs
// of docs/export.md too.
import '@cascade-diffusion/ops'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { baseStage } from '@cascade-diffusion/cascade'
import { readSafetensors, writeSafetensors } from '@cascade-diffusion/checkpoints'
import { writeDiffusers } from '@cascade-diffusion/export'
import { cpuExact, jit, onnxRuntimeNode } from '@cascade-diffusion/jit'
import { fromPretrained, type PretrainedUNet } from '@cascade-diffusion/pretrained'
import { rng } from '@cascade-diffusion/random'
import type { UNet } from '@cascade-diffusion/unet'
import { pythonOfVenv } from './peers/peer.ts'

const names = ['ddpm-cifar10', 'ddpm-lsun', 'adm', 'class-conditional', 'wide-images-no-attention']
/** The greatest difference that counts as equal. */
const tolerance = 1e-4

const script = fileURLToPath(new URL('peers/diffusers_unet.py', import.meta.url))
function python(action: string, folder: string): void {
  const { status } = spawnSync(pythonOfVenv(), [script, action, folder], { stdio: 'inherit' })
  if (status !== 0)
    throw new Error(
      'Python failed. Is diffusers there? benchmarks/.venv/bin/pip install -r benchmarks/requirements-diffusers.txt',
    )
}

type Inputs = Record<'xt' | 'noise' | 'output', NDArray> & { label?: NDArray }

async function outputOf(network: UNet, params: PretrainedUNet['params'], { xt, noise, label }: Inputs) {
  const run = jit(network.apply, { engine: onnxRuntimeNode({ target: cpuExact }) })
  const output = await run(params, xt, noise, label ? { label } : {})
  await run.dispose()
  return output
}

const difference = (a: NDArray, b: NDArray) =>
  String(a.shape) === String(b.shape)
    ? Math.max(...a.data.map((x, i) => Math.abs(x - b.data[i]!)))
    : Number.POSITIVE_INFINITY

/** Weights drawn here. None is without effect. */
function drawn({ init }: UNet, name: string): PretrainedUNet['params'] {
  const key = rng(0).fold(name)
  const more = (weight: string, shape: readonly number[]) => key.fold('more').fold(weight).normal(shape).data
  const entries = Object.entries(init(key)).map(([weight, { data, shape }]) => {
    const added = more(weight, shape)
    return [
      weight,
      ndarray(
        Float32Array.from(data, (w, i) => Number(w) + 0.03 * added[i]!),
        shape,
      ),
    ]
  })
  return Object.fromEntries(entries)
}

/** Runs the Python programs of docs/export.md, each on a suitable export: without classes, and with two. */
async function runPrograms(folder: string): Promise<void> {
  const page = readFileSync(fileURLToPath(new URL('../docs/export.md', import.meta.url)), 'utf8')
  const programs = [...page.matchAll(/^```python\n(.*?)^```$/gms)].map(([, program]) => program as string)
  const network = { baseChannels: 8, channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 4 }
  const common = {
    name: 'small',
    resolution: 8,
    imageChannels: 3,
    process: { schedule: { name: 'linear', steps: 100 } },
    network,
  } as const
  const stages = [baseStage(common), baseStage({ ...common, classNames: ['left', 'right'] })]
  if (programs.length !== stages.length) throw new Error(`docs/export.md: expected ${stages.length} Python programs`)
  for (const [i, stage] of stages.entries()) {
    const cwd = join(folder, `program-${i}`)
    await writeDiffusers({ stage, params: stage.network.init(rng(i)) }, join(cwd, 'for-python'))
    const shapes = 'print([image.size for image in images] if "images" in globals() else list(x.shape))'
    const source = `import torch\n${programs[i]}\n${shapes}\n`
    const { status, stdout, stderr } = spawnSync(pythonOfVenv(), ['-c', source], { cwd, encoding: 'utf8' })
    if (status !== 0) throw new Error(`docs/export.md, Python program ${i + 1}: ${stderr}`)
    console.log(`ok     docs/export.md, Python program ${i + 1}: ${stdout.trim()}`)
  }
}

const [there, here] = ['there', 'here'].map((name) => mkdtempSync(join(tmpdir(), `check-diffusers-${name}-`))) as [
  string,
  string,
]
try {
  python('make', there)
  const rows: { name: string; there: number; made: NDArray; loaded: string }[] = []
  for (const name of names) {
    const loaded = await fromPretrained(join(there, name))
    if (loaded.kind !== 'unet') throw new Error(`${name}: expected a U-Net, got a ${loaded.kind}`)
    const inputs = (await readSafetensors(join(there, `${name}.safetensors`))).tensors as Inputs
    const fromThere = difference(await outputOf(loaded.network, loaded.params, inputs), inputs.output)

    const params = drawn(loaded.network, name)
    const { noScheduler } = await writeDiffusers({ ...loaded, params }, join(here, name))
    if (noScheduler) throw new Error(`${name}: ${noScheduler}`)
    const { output: _, ...given } = inputs
    await writeSafetensors(join(here, `${name}.inputs.safetensors`), given)
    const count = Object.values(params).reduce((n, { data }) => n + data.length, 0)
    rows.push({ name, there: fromThere, made: await outputOf(loaded.network, params, inputs), loaded: `${count}` })
  }
  python('run', here)
  let failed = 0
  for (const { name, there: fromThere, made, loaded } of rows) {
    const { output } = (await readSafetensors(join(here, `${name}.output.safetensors`))).tensors
    const back = difference(made, output as NDArray)
    const range = Math.max(...made.data.map(Math.abs))
    const same = fromThere < tolerance && back < tolerance && range > 0.1
    if (!same) failed++
    console.log(
      `${same ? 'ok    ' : 'FAILED'} ${name} (${loaded} weights): saved there and loaded here differs by ${fromThere.toExponential(1)}, ` +
        `made here and loaded there by ${back.toExponential(1)}, of outputs up to ${range.toFixed(1)}`,
    )
  }
  await runPrograms(here)
  if (failed > 0) process.exitCode = 1
} finally {
  for (const folder of [there, here]) rmSync(folder, { recursive: true })
}
