import { type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { completeConfig } from './complete-config.ts'
import type { UNetConfig } from './config.ts'
import type { Params } from './layers.ts'
import { type Plan, planOf } from './plan.ts'
import { unet } from './unet.ts'

/**
 * Weights of a `UNetModel` or `SuperResModel` of openai/improved-diffusion: the state dict of its PyTorch checkpoint under our
 * names and in our layouts.
 * @param stateDict arrays by PyTorch name.
 * @param config the same network; its attention resolutions are pixels, theirs factors of downsampling.
 * @throws if names are missing or unexpected, a shape differs, or `config` has what that family has not.
 */
export function fromImprovedDiffusion(stateDict: Params<NDArray>, config: UNetConfig): Params<NDArray<'float32'>> {
  if (config.augmentationLevels)
    throw new Error(
      'fromImprovedDiffusion: expected no augmentationLevels, which improved-diffusion has no weights for',
    )
  const shapes = Object.entries(unet(config).parameterShapes)
  const theirs = improvedNames(config)
  const wanted = new Set(Object.values(theirs))
  const missing = [...wanted].filter((name) => !(name in stateDict))
  const unexpected = Object.keys(stateDict).filter((name) => !wanted.has(name))
  if (missing.length + unexpected.length > 0)
    throw new Error(
      `fromImprovedDiffusion: the weights are another network's: missing ${list(missing)}; unexpected ${list(unexpected)}`,
    )
  return Object.fromEntries(
    shapes.map(([name, shape]) => [name, convert(theirs[name]!, stateDict[theirs[name]!]!, name, shape)]),
  )
}

const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '))

/** Their name of each of our parameters. */
export function improvedNames(config: UNetConfig): Record<string, string> {
  const layers = layerNames(planOf(completeConfig(config)))
  const leaves: Record<string, string> = {
    kernel: 'weight',
    bias: 'bias',
    scale: 'weight',
    shift: 'bias',
    embedding: 'weight',
  }
  return Object.fromEntries(
    Object.keys(unet(config).parameterShapes).map((name) => {
      const dot = name.lastIndexOf('.')
      return [name, `${layers[name.slice(0, dot)]}.${leaves[name.slice(dot + 1)]}`]
    }),
  )
}

/** Their name of each of our layers. */
function layerNames(plan: Plan): Record<string, string> {
  const names: Record<string, string> = {
    'time.0': 'time_embed.0',
    'time.1': 'time_embed.2',
    label: 'label_emb',
    input: 'input_blocks.0.0',
    'output.norm': 'out.0',
    'output.conv': 'out.2',
  }
  const residual = (ours: string, theirs: string, attention: string) => {
    names[`${ours}.norm1`] = `${theirs}.in_layers.0`
    names[`${ours}.conv1`] = `${theirs}.in_layers.2`
    names[`${ours}.embedding`] = `${theirs}.emb_layers.1`
    names[`${ours}.norm2`] = `${theirs}.out_layers.0`
    names[`${ours}.conv2`] = `${theirs}.out_layers.3`
    names[`${ours}.skip`] = `${theirs}.skip_connection`
    names[`${ours}.attention.norm`] = `${attention}.norm`
    names[`${ours}.attention.qkv`] = `${attention}.qkv`
    names[`${ours}.attention.out`] = `${attention}.proj_out`
  }
  plan.down.forEach((step, i) => {
    const block = `input_blocks.${i + 1}`
    if (step.kind === 'residual') residual(step.name, `${block}.0`, `${block}.1`)
    else names[step.name] = `${block}.0.op`
  })
  residual(plan.middle[0].name, 'middle_block.0', 'middle_block.1')
  residual(plan.middle[1].name, 'middle_block.2', '')
  let index = -1
  let layers = 0
  for (const step of plan.up)
    if (step.kind === 'residual') {
      const block = `output_blocks.${++index}`
      residual(step.name, `${block}.0`, `${block}.1`)
      layers = step.attention ? 2 : 1
    } else names[step.name] = `output_blocks.${index}.${layers}.conv`
  return names
}

/** Kernels from [out, in, height, width], [out, in, 1] or [out, in] to [height, width, in, out] or [in, out]; the rest as they are. */
function convert(theirName: string, value: NDArray, name: string, shape: readonly number[]): NDArray<'float32'> {
  const isKernel = name.endsWith('.kernel')
  const [from, to] = shape.slice(-2) as [number, number]
  const expected = isKernel ? [to, from, ...shape.slice(0, -2)] : shape
  const asGiven = shape.length === 2 && value.shape.length === 3 ? [...expected, 1] : expected
  if (value.dtype !== 'float32' || `${value.shape}` !== `${asGiven}`)
    throw new Error(
      `fromImprovedDiffusion: expected '${theirName}' as float32 [${expected}], got ${value.dtype} [${value.shape}]`,
    )
  const given = value.data as Float32Array
  if (!isKernel) return ndarray(given.slice(), shape)
  const taps = sizeOf(shape) / (from * to)
  const data = new Float32Array(given.length)
  for (let o = 0; o < to; o++)
    for (let i = 0; i < from; i++)
      for (let tap = 0; tap < taps; tap++) data[(tap * from + i) * to + o] = given[(o * from + i) * taps + tap]!
  return ndarray(data, shape)
}
