import { stat } from 'node:fs/promises'
import { type StageDescription, writtenStage } from '@cascade-diffusion/cascade'
import { openCheckpoint, type TensorFile } from '@cascade-diffusion/checkpoints'
import { fromPretrained, type Pretrained } from '@cascade-diffusion/pretrained'
import { counted, type Found, quoted } from './found.ts'
import { networkInWords, processInWords, stageFacts } from './stage-facts.ts'

/**
 * A file of weights of any format.
 * @param flags of `.pt` files: what the weights leave open.
 * @throws if it is none, or damaged.
 */
export async function inspectWeights(path: string, flags?: string): Promise<Found> {
  const { size } = await stat(path)
  const file = await openCheckpoint(path)
  try {
    const { format } = file.metadata
    if (format?.startsWith('cascade-diffusion training')) return await inspectTraining(path, size, file)
    if (format?.startsWith('cascade-diffusion ')) return inspectOwn(path, size, file)
    return await inspectForeign(path, size, file, flags)
  } finally {
    await file.close()
  }
}

const countOf = (file: TensorFile, names: readonly string[]) =>
  names.reduce((sum, name) => sum + file.shape(name).reduce((product, n) => product * n, 1), 0)

const json = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return null
  }
}

/** Losses of the last steps, over which a mean is shown. */
const lastSteps = 100

async function inspectTraining(path: string, bytes: number, file: TensorFile): Promise<Found> {
  const { metadata } = file
  const config = json(metadata.config) as { readonly stage?: StageDescription } | null
  const { kind = 'model', seed } = metadata
  const step = Number(metadata.step)
  // Earlier versions have one average, without its name.
  const averages = metadata.averages ? (json(metadata.averages) as string[]) : ['ema']
  const own = file.names.filter((name) => name.startsWith('params.') || name.startsWith('params/'))
  const parameters = countOf(file, own)
  const losses = file.names.includes('losses') ? [...(await file.read('losses')).data].filter(Number.isFinite) : []
  const last = losses.slice(-lastSteps)
  const loss = last.length > 0 ? last.reduce((sum, x) => sum + x, 0) / last.length : undefined
  const stage = config?.stage ? stageFacts(config.stage, path, parameters) : undefined
  const q = quoted(path)
  return {
    kind: 'training checkpoint',
    bytes,
    facts: {
      of: stage ? undefined : `${kind}, ${counted(parameters, 'parameter')}`,
      ...stage?.facts,
      trained: `${counted(step, 'step')}${loss === undefined ? '' : `, mean loss of the last ${last.length}: ${loss.toPrecision(4)}`}`,
      averages: averages.length > 0 ? averages.join(', ') : 'none',
      seed,
    },
    json: { of: kind, step, loss, seed: Number(seed), averages, parameters, ...(stage?.json ?? { config }) },
    next: stage
      ? [
          `convert ${q} --out ${config?.stage?.name}.safetensors`,
          `export ${q} --format onnx --out onnx`,
          `summary ${q}`,
        ]
      : kind === 'classifier'
        ? [`summary ${q}`]
        : [],
  }
}

/** A file that this program wrote for sampling. */
function inspectOwn(path: string, bytes: number, file: TensorFile): Found {
  const parameters = countOf(file, file.names)
  const { metadata } = file
  const stage = writtenStage(metadata)
  const q = quoted(path)
  if (stage) {
    const { facts, json } = stageFacts(stage, path, parameters)
    const next = [`export ${q} --format onnx --out onnx`, `summary ${q}`]
    return { kind: 'stage of a cascade', bytes, facts, json, next }
  }
  const kind = metadata.format?.replace(/^cascade-diffusion (.*?)( \d+)?$/, '$1') ?? ''
  const described = json(metadata[kind]) as { readonly config?: unknown; readonly process?: unknown } | null
  const isUNet = kind === 'unet'
  return {
    kind: isUNet ? 'U-Net' : kind,
    bytes,
    facts: {
      network: `${networkInWords(isUNet ? described?.config : described)}, ${counted(parameters, 'parameter')}`,
      process: isUNet ? processInWords(described?.process) : undefined,
    },
    json: { parameters, [kind]: described },
    next: isUNet ? [`export ${q} --format onnx --out onnx`, `summary ${q}`] : [],
  }
}

/** Tensors that are listed for people. */
const shownTensors = 4

async function inspectForeign(
  path: string,
  bytes: number,
  file: TensorFile,
  flags: string | undefined,
): Promise<Found> {
  const { names, unreadable, format, metadata } = file
  const parameters = countOf(file, names)
  const network = await networkIn(path, flags)
  const some = names.slice(0, shownTensors).map((name) => `${name} [${file.shape(name)}]`)
  const q = quoted(path)
  const tensors = Object.fromEntries(names.map((name) => [name, { dtype: file.dtype(name), shape: file.shape(name) }]))
  return {
    kind: `weights in ${formatNames[format]}`,
    bytes,
    facts: {
      tensors: `${counted(names.length, 'tensor')} of ${counted(parameters, 'number')}: ${some.join(', ')}${names.length > some.length ? ', …' : ''}`,
      unreadable:
        unreadable.size > 0 ? `${counted(unreadable.size, 'tensor')}: ${[...unreadable][0]?.join(': ')}` : undefined,
      network: network.words,
      process: network.process,
    },
    json: {
      format,
      metadata,
      parameters,
      tensors,
      unreadable: Object.fromEntries(unreadable),
      network: network.json,
    },
    next: [
      ...(network.isNetwork ? [`export ${q} --format onnx --out onnx`, `summary ${q}`] : []),
      `convert ${q} --out weights.${format === 'safetensors' ? 'npz' : 'safetensors'}`,
    ],
  }
}

const formatNames = {
  safetensors: 'safetensors',
  pytorch: "PyTorch's format",
  npz: "NumPy's .npz",
  tfjs: "TensorFlow.js's format",
  hdf5: "Keras's .h5",
  keras: "Keras's .keras",
} as const

/** The network that the weights are of, or why they are of none that is known. */
async function networkIn(path: string, flags: string | undefined) {
  let found: Pretrained
  try {
    found = await fromPretrained(path, { flags })
  } catch (error) {
    const reason = (error as Error).message
      .replace(`${path}: `, '')
      .replace(/^set the flags/, "set the flags (--flags='…')")
    return { isNetwork: false, words: `not recognised: ${reason}`, json: null }
  }
  if (found.kind === 'stage') return { isNetwork: true, words: 'a stage of a cascade', json: found.stage.description }
  const { kind, family, config, assumed } = found
  const guess = assumed.length > 0 ? `; assumed: ${assumed.join(', ')}` : ''
  return {
    isNetwork: kind === 'unet',
    words: `${kind === 'unet' ? networkInWords(config) : 'a classifier'} of ${family}${guess}`,
    process: kind === 'unet' ? processInWords(found.process) : undefined,
    json: { kind, family, config, assumed },
  }
}
