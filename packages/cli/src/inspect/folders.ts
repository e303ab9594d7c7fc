import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type StageDescription, writtenStage } from '@cascade-diffusion/cascade'
import { openCheckpoint } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'
import { recogniseImages, shownSize } from '@cascade-diffusion/data'
import { counted, type Found, quoted } from './found.ts'
import { bytesIn, jsonAt } from './reading.ts'
import { inspectRun, isRun } from './runs.ts'
import { inspectSamples, inspectUnfinished, manifestsOf } from './samples.ts'
import { stageFacts } from './stage-facts.ts'
import { inspectWeights } from './weights.ts'

/** A folder. @throws if it is none that is known: the error says what is in it. */
export async function inspectFolder(path: string): Promise<Found> {
  const has = (name: string) => existsSync(join(path, name))
  if (has('cascade.json')) return inspectCascade(path)
  if (await isRun(path)) return inspectRun(path)
  const { finished, unfinished } = manifestsOf(path, true)
  if (existsSync(unfinished)) return inspectUnfinished(path, true)
  if (existsSync(finished)) return inspectSamples(path, true)
  if (has('config.json') || has('model_index.json')) return inspectDiffusers(path)
  const images = await recogniseImages(path).catch(() => undefined)
  const bytes = await bytesIn(path)
  if (images)
    return {
      kind: 'images',
      bytes,
      facts: { form: images.name },
      json: { source: images },
      next: [`data inspect ${quoted(path)}`],
    }
  const names = await readdir(path)
  const some = names.slice(0, 5).join(', ') + (names.length > 5 ? `, … (${names.length})` : '')
  throw new CascadeError(
    'input',
    `expected a run, a saved cascade, samples, an export, a folder of diffusers or images in ${path}, ` +
      `got ${some || 'an empty folder'}`,
  )
}

/** A stage in the manifest of a saved cascade, or of an export. */
interface ManifestStage {
  readonly file?: string
  readonly kind?: string
  readonly name?: string
  readonly level?: number
  readonly truncated?: boolean
  readonly sampling?: Sampling
  readonly image?: readonly [number, number, number]
  readonly precision?: string
  readonly classNames?: readonly string[] | null
}

interface Sampling {
  readonly sampler?: { readonly name: string }
  readonly steps?: number | readonly number[] | { readonly count: number }
}

async function inspectCascade(path: string): Promise<Found> {
  const manifest = await jsonAt<{ readonly format?: string; readonly stages?: readonly ManifestStage[] }>(
    join(path, 'cascade.json'),
  )
  const { format = '', stages = [] } = manifest
  const bytes = await bytesIn(path)
  if (format.startsWith('cascade-diffusion onnx'))
    return {
      kind: 'export to ONNX',
      bytes,
      facts: Object.fromEntries(
        stages.map(({ name = '', image = [0, 0, 0], precision }) => [
          name,
          `${shownSize([image[0], image[1]])}×${image[2]}, ${precision}`,
        ]),
      ),
      json: manifest,
      next: [],
    }
  if (!format.startsWith('cascade-diffusion cascade'))
    throw new CascadeError('checkpoint', `expected a saved cascade in ${path}, got the format '${format}'`)
  const described = await Promise.all(stages.map((stage) => cascadeStage(path, stage)))
  const takes = stages.some((_, i) => i > 0)
  return {
    kind: 'saved cascade',
    bytes,
    facts: Object.fromEntries(described.map(({ name, words }) => [name, words])),
    json: { stages: described.map(({ json }) => json) },
    next: [`sample ${quoted(path)}`, ...(takes ? [`upscale ${quoted(path)} photo.png`] : [])],
  }
}

/** A stage of a saved cascade: what it is, and how it is sampled. */
async function cascadeStage(path: string, stage: ManifestStage) {
  const { file, level, truncated, sampling } = stage
  if (file === undefined) return { name: stage.name ?? '', words: stage.kind ?? '', json: stage }
  const weights = await openCheckpoint(join(path, file))
  try {
    const description = writtenStage(weights.metadata) as StageDescription
    const count = weights.names.reduce((sum, name) => sum + weights.shape(name).reduce((a, b) => a * b, 1), 0)
    const { facts, json } = stageFacts(description, join(path, file), count)
    const how = level === undefined ? '' : `; s = ${level}${truncated ? ', truncated' : ''}`
    const words = `${facts.images}; ${facts.network}; classes ${facts.classes}; ${samplingInWords(sampling)}${how}`
    return { name: description.name, words, json: { ...json, level, truncated, sampling } }
  } finally {
    await weights.close()
  }
}

/** `ddim, 25 steps` */
function samplingInWords({ sampler, steps }: Sampling = {}): string {
  const count = typeof steps === 'object' ? ('count' in steps ? steps.count : steps.length) : steps
  return `${sampler?.name ?? 'custom sampler'}, ${count === undefined ? 'all steps' : counted(count, 'step')}`
}

/** A folder that `save_pretrained` of diffusers wrote. */
async function inspectDiffusers(path: string): Promise<Found> {
  const weights = ['diffusion_pytorch_model.safetensors', 'diffusion_pytorch_model.bin']
  const places = [path, join(path, 'unet')].flatMap((folder) => weights.map((name) => join(folder, name)))
  const file = places.find(existsSync)
  const index = ['model_index.json', 'config.json'].map((name) => join(path, name)).find(existsSync) as string
  const { _class_name: name, ...config } = await jsonAt<Readonly<Record<string, unknown>>>(index)
  if (file === undefined)
    throw new CascadeError('checkpoint', `expected weights in ${path}, ${weights.join(' or ')}, there are none`)
  const found = await inspectWeights(file)
  const q = quoted(path)
  return {
    kind: `folder of diffusers`,
    bytes: await bytesIn(path),
    facts: {
      class: String(name ?? 'not named'),
      weights: file,
      network: found.facts.network,
      process: found.facts.process,
    },
    json: { class: name, config, weights: found.json },
    next: [`export ${q} --format onnx --out onnx`, `summary ${q}`],
  }
}
